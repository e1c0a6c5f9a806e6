"""Operations that give access to member accounts, and the role sessions behind them."""
