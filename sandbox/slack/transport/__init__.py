"""How what people do reaches the bot: signed HTTP or Socket Mode."""
