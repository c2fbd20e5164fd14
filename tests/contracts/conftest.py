from support.postgresql import postgresql

__all__ = ["postgresql"]
