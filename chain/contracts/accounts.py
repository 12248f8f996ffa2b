"""The platform's own ledger accounts. They are custodial: the platform can act with them alone."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.contracts import queries
from chain.contracts.errors import ACCOUNT_HELD
from chain.contracts.models import ChainAccount
from chain.ledger import accounts
from chain.ledger.accounts import Signer
from kernel import clock
from kernel.audit.service import record
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime, runtime_of

DEPLOYER = "deployer"
PRODUCTION, TEST = "production", "test"
ENVIRONMENTS = (PRODUCTION, TEST)


def deployer_of(environment: str) -> str:
    """Return the purpose of the account that creates contracts; each environment has its own."""
    return DEPLOYER if environment == PRODUCTION else f"{DEPLOYER}.{environment}"


def writer_of(environment: str, name: str) -> str:
    """Return the purpose of the account that signs the platform's writes to one contract."""
    return f"contract.{environment}.{name}"


def signer(runtime: Runtime, purpose: str) -> Signer:
    """Return the account of a purpose, making it on first use; two processes at once get the same one.

    Raises ``chain.account.held`` while its key is being exchanged.
    """
    try:
        return runtime.database.run(lambda session: signer_in(session, purpose), write=True)
    except IntegrityError:
        return runtime.database.run(lambda session: signer_in(session, purpose), write=True)


def signer_in(session: Session, purpose: str) -> Signer:
    """As :func:`signer`, in the caller's unit of work."""
    box = runtime_of(session).box
    row = queries.account(session, purpose)
    if row is not None:
        if row.held:
            raise ACCOUNT_HELD(purpose=purpose)
        return accounts.unseal(box, row.key_sealed)
    made = accounts.new_signer()
    row = ChainAccount(
        address=made.address, purpose=purpose, key_sealed=accounts.seal(box, made), created_at=clock.now(), held=False
    )
    session.add(row)
    session.flush()
    record(
        session, system_actor("chain"), action="chain.account.create", object_type="chain_account",
        object_id=made.address, detail={"purpose": purpose},
    )
    return made


def check_current(session: Session, purpose: str, address: str) -> None:
    """Raise ``chain.account.held`` unless the account of a purpose is still this one: what was signed with a key that
    has been exchanged since must not be written down."""
    row = queries.account(session, purpose)
    if row is None or row.held or row.address != address:
        raise ACCOUNT_HELD(purpose=purpose)
