"""The words by which publishers say that something is listed no more.

The patterns of titles, cells and names are made of them. Each pattern has further words that say so in its place alone.
"""

from __future__ import annotations

# Words that say so wherever they stand, as alternatives of a regular expression.
GONE_WORDS = "delisted|rescinded|withdrawn|terminated|revoked|expired"
# These, and words that say so where they are said of a single record, in a cell or beside its name.
RECORD_GONE_WORDS = (
    rf"(?:{GONE_WORDS}|removed|withdrew|suspended|cancell?ed|ended|inactive"
    r"|no longer (?:listed|participating|active|in effect))"
)
