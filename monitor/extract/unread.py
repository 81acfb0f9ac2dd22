"""Notes the columns of numbers that can't be read as numbers, in the same way for every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config.cells import is_european
from monitor.model import PassedOverKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.columns import Column
    from monitor.extract.account import Account

# A column with fewer values is not judged as a whole.
MIN_JUDGED_NUMBERS = 5
# Of the values that can't be read, the account has this many.
MAX_UNREAD = 5


def account_for_numbers(name: str, field: str, column: Column, values: Sequence[str | None], account: Account) -> None:
    """Note in the account if most of a column's values are no numbers, or if they have a comma before the decimals.

    - `name`: the list's name. `field`, `column`: the field, and the description of its column.
    - `values`: the values of all records in the field.

    A version in which that is new is held, for nobody can say what `1.234` means beside `1.234,56`.
    """
    filled = [value for value in values if value]
    unread = [value for value in filled if column.is_unread(value)]
    if not unread:
        return
    if is_european(filled):
        message = (
            f"{name}: {field} has numbers with a comma before the decimals, like {unread[0]!r}, which are not guessed"
        )
    elif len(filled) >= MIN_JUDGED_NUMBERS and 2 * len(unread) > len(filled):
        message = f"{name}: most numbers of {field} can't be read, like {unread[0]!r}"
    else:
        return
    account.pass_over(PassedOverKind.UNREAD, field, unread[:MAX_UNREAD], message=message, holds=True, list_name=name)
