"""What can go wrong with a campaign. Each message is one sentence that names the place and the remedy.

CoordinatorError            exit code 1
├── NotACampaign            2   the folder holds no campaign.yaml
├── SettingsError           2   campaign.yaml does not parse, or says something unknown
├── BookError               2   the blueprint cannot be formalized as it stands
├── InputError              2   what the command line names does not exist or cannot be read
├── CampaignBusy            3   another coordinator holds the campaign
├── GitError                4   git refused, timed out or is too old
│   ├── RefMoved            4   a compare-and-set of a ref lost its race
│   └── GitDied             4   a git process ended before it had answered
├── StoreError              5   the store is broken, locked, cannot be written, or of another version
│   └── WrongMove           5   a record was to change its state in a way that no record may
├── ForgeRefused            8   a forge does not allow what was asked of it
├── OtherLean               1   this host's Lean is not the one the campaign is built with
├── OtherVersion            1   a worker and a campaign differ in version or sandbox
└── ServiceError            6   a broker, worker or model server did not start or died for good
    ├── LocksMissing        6   the broker does not hold the locks that an order reckons with
    └── ForgeAway           6   a forge gives no answer, or asks to be left alone for a while
"""

from __future__ import annotations


class CoordinatorError(Exception):
    """Root of everything the coordinator raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class NotACampaign(CoordinatorError):
    """The folder holds no campaign."""

    exit_code = 2


class SettingsError(CoordinatorError):
    """``campaign.yaml`` does not parse, misses something, or says something unknown."""

    exit_code = 2


class BookError(CoordinatorError):
    """The blueprint cannot be formalized as it stands."""

    exit_code = 2


class InputError(CoordinatorError):
    """What the command line names does not exist, or cannot be read."""

    exit_code = 2


class CampaignBusy(CoordinatorError):
    """Another coordinator holds the campaign."""

    exit_code = 3


class GitError(CoordinatorError):
    """Git refused, timed out or is too old."""

    exit_code = 4


class RefMoved(GitError):
    """A compare-and-set of a ref lost its race: the ref no longer holds the old value."""


class GitDied(GitError):
    """A git process ended before it had answered: somebody killed it, or it gave up."""


class StoreError(CoordinatorError):
    """The store is broken, locked, cannot be written, or of a version this program does not know."""

    exit_code = 5


class WrongMove(StoreError):
    """A record was to change its state in a way that the table of moves does not have."""


class OtherLean(CoordinatorError):
    """This host's Lean is not the one the campaign is built with."""

    def __init__(self, whose: str, found: str, wanted: str) -> None:
        super().__init__(
            f"{whose} {found}, and the campaign is built with {wanted}; give every host of the campaign the same Lean."
        )


class OtherVersion(CoordinatorError):
    """A worker and a campaign cannot work together: their versions or their sandboxes differ."""


class ServiceError(CoordinatorError):
    """A broker, worker or model server did not start, or died for good."""

    exit_code = 6


class LocksMissing(ServiceError):
    """The broker does not hold the locks that an order reckons with."""


class ForgeAway(ServiceError):
    """A forge gives no answer, is in trouble, or has had too many requests: the same may work later."""


class ForgeRefused(CoordinatorError):
    """A forge does not allow what was asked of it: the same will not work later either."""

    exit_code = 8
