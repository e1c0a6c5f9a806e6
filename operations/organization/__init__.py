"""Operations on the organization itself and on trusted services."""
