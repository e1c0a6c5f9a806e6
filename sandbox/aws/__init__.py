"""A local AWS Organization: moto, plus what moto lacks or gets wrong."""
