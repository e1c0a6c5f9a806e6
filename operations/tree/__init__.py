"""Operations on organizational units."""
