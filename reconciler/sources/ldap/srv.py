"""The servers of an Active Directory domain, by its DNS name (SRV records, RFC 2782)."""

from __future__ import annotations

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from reconciler.errors import SourceError, SourceUnavailable
from reconciler.sources.ldap.access import Address

LDAPS_PORT = 636
"""What domain controllers offer for TLS; the SRV records name the port without it."""

_SECONDS = 15.0


def find_servers(domain: str, resolver: Resolver | None = None) -> tuple[Address, ...]:
    """Return the domain's controllers, to be reached by LDAPS, in the order that they ask to be tried in.

    Among controllers of the same priority the heavier come first, and then the name decides: where
    RFC 2782 has us throw dice, two runs shall do the same.
    """
    name = f"_ldap._tcp.dc._msdcs.{domain.strip('.')}."
    try:
        answer = (resolver or Resolver()).resolve(name, "SRV", lifetime=_SECONDS)
    except (NXDOMAIN, NoAnswer) as error:
        raise SourceError(
            f"DNS knows no domain controllers by {name}",
            hint="look at `domain`, or name the `servers`; the records are Active Directory's own",
            where="domain",
        ) from error
    except DNSException as error:
        raise SourceUnavailable(
            f"DNS could not be asked for {name}: {error}",
            hint="see that this machine's name servers know the domain, or name the `servers`",
            where="domain",
        ) from error
    records = sorted(
        answer, key=lambda record: (record.priority, -record.weight, record.target.to_text().lower())
    )
    return tuple(
        Address(record.target.to_text(omit_final_dot=True), LDAPS_PORT, ldaps=True) for record in records
    )
