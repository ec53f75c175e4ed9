"""Laws of what messages are made of: addresses, and texts made from markup."""

from __future__ import annotations

from email import message_from_bytes, policy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.hooks.mail import Mail
from flowforge_provider.hooks.markup import html_to_text, markdown_to_html
from flowforge_provider.hooks.mime import to_bytes
from flowforge_provider.nodes.addresses import Address, parse_address, parse_addresses

relaxed = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)

USERS = st.from_regex(r"[a-z0-9]{1,20}([._+-][a-z0-9]{1,10}){0,2}", fullmatch=True)
DOMAINS = st.from_regex(r"[a-z]{1,10}(\.[a-z]{2,8}){1,2}", fullmatch=True).filter(
    lambda domain: not domain.endswith((".arpa", ".invalid", ".onion"))
)
PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)
ADDRESSES = st.builds(
    lambda name, user, domain: Address(name.strip(), f"{user}@{domain}"), PRINTABLE, USERS, DOMAINS
)


@relaxed
@given(ADDRESSES)
def test_an_address_survives_being_written_and_read(address: Address) -> None:
    assert parse_address(str(address)) == address


@relaxed
@given(st.lists(ADDRESSES, max_size=5), st.sampled_from([", ", ";", " , ; "]))
def test_a_list_of_addresses_survives_being_written_and_read(
    addresses: list[Address], separator: str
) -> None:
    assert parse_addresses(separator.join(map(str, addresses))) == addresses


@relaxed
@given(st.text(max_size=200))
def test_what_is_read_as_addresses_holds_no_line_break(text: str) -> None:
    try:
        addresses = parse_addresses(text)
    except ValueError:
        return
    for address in addresses:
        assert not set(address.name + address.email) & {"\r", "\n", "\0", "\u2028", "\x85"}
        assert address.email.count("@") == 1


WHOLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@relaxed
@given(ADDRESSES, st.lists(ADDRESSES, min_size=1, max_size=4), PRINTABLE, WHOLE, st.booleans())
def test_a_message_says_what_was_meant(
    sender: Address, to: list[Address], subject: str, text: str, utf8: bool
) -> None:
    mail = Mail(
        sender=sender,
        to=tuple(to),
        cc=(),
        bcc=(Address("", "hidden@secret.example"),),
        reply_to=(),
        subject=subject,
        text=text,
        html=None,
        attachments=(),
        headers=(("X-Own", subject),),
        tags=(),
        scheduled_at=None,
    )
    content = to_bytes(mail, sender=sender, key="key", utf8=utf8)
    assert b"hidden@secret.example" not in content
    assert max(map(len, content.split(b"\r\n"))) <= 998
    read = message_from_bytes(content, policy=policy.default)
    assert [address.addr_spec for address in read["From"].addresses] == [sender.email]
    assert [address.addr_spec for address in read["To"].addresses] == [address.email for address in to]
    names = ["From", "To", "Message-ID", "Date", "X-Own", "Subject", "Content-Type"]
    assert read.keys() == [*names, "Content-Transfer-Encoding", "MIME-Version"]
    assert read.get_content().split() == text.encode().decode().split()


@relaxed
@given(st.text(max_size=300))
def test_any_text_can_be_read_as_markup(text: str) -> None:
    html_to_text(text)
    html_to_text(markdown_to_html(text))


@relaxed
@given(st.text(st.characters(categories=["L", "N"])).map(str.strip).filter(bool))
def test_words_survive_markdown_and_html(word: str) -> None:
    assert html_to_text(markdown_to_html(word)) == word
