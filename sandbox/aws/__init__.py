"""A local AWS Organization: moto, plus what moto lacks or gets wrong."""

from sandbox.aws.calls import Call
from sandbox.aws.server import AwsSandbox

__all__ = ["AwsSandbox", "Call"]
