"""Operations on policies and their types."""
