from __future__ import annotations

import pytest
from requests.structures import CaseInsensitiveDict

from flowforge_provider.hooks.http_files import file_of_answer


@pytest.mark.parametrize(
    ("disposition", "url", "name"),
    [
        ("", "https://a.example/reports/may.pdf?x=1", "may.pdf"),
        ("", "https://a.example/d%C3%A9j%C3%A0.txt", "déjà.txt"),
        ("", "https://a.example/a%2F..%2Fb.txt", "b.txt"),
        ("", "https://a.example/", "download.pdf"),
        ("attachment", "https://a.example/x", "x"),
        ('attachment; filename="may report.pdf"', "https://a.example/x", "may report.pdf"),
        (
            "attachment; filename*=UTF-8''%D0%BC%D0%B0%D0%B9.pdf; filename=x.pdf",
            "https://a.example/",
            "май.pdf",
        ),
        ('attachment; filename="../../etc/passwd"', "https://a.example/", "passwd"),
        ('attachment; filename="C:\\\\temp\\\\x.txt"', "https://a.example/", "x.txt"),
        ('attachment; filename="a\x01b.txt"', "https://a.example/", "ab.txt"),
        ('attachment; filename="Ð¼.pdf"', "https://a.example/", "м.pdf"),
        ('attachment; filename=".."', "https://a.example/y", "y"),
    ],
)
def test_names_of_files(disposition: str, url: str, name: str) -> None:
    headers = CaseInsensitiveDict({"content-type": "application/pdf", "content-disposition": disposition})
    file = file_of_answer(b"x", headers=headers, url=url)
    assert (file.filename, file.content_type, file.content) == (name, "application/pdf", b"x")


def test_a_file_without_type() -> None:
    file = file_of_answer(b"", headers={}, url="https://a.example/")
    assert (file.filename, file.content_type) == ("download.bin", "application/octet-stream")
