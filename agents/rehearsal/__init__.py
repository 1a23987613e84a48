"""A stand-in for a paid model: an HTTP server that speaks the Messages API and answers from a script.

It is a test double that ships: the demo and the tests talk to it through the very client that talks to the real
service, so that a key and a base URL are all that separates a rehearsal from a real run.
"""

from agents.rehearsal.faults import Fault, Faults
from agents.rehearsal.message import Action
from agents.rehearsal.rendezvous import Rendezvous
from agents.rehearsal.request import Exchange, Request
from agents.rehearsal.server import RehearsalServer, Script

__all__ = [
    "Action",
    "Exchange",
    "Fault",
    "Faults",
    "RehearsalServer",
    "Rendezvous",
    "Request",
    "Script",
]
