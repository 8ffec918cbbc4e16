"""Which URLs and addresses a webhook may have."""

import ipaddress

import pytest

from likeness.domain.errors import Invalid
from likeness.domain.webhooks.address import Target, allowed, target

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",  # carrier-grade NAT, also inside AWS
    "169.254.169.254",  # instance metadata
    "169.254.170.2",  # container credentials
    "fd00:ec2::254",  # instance metadata over IPv6
    "fe80::1",
    "fc00::1",
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "::",
    "255.255.255.255",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",  # NAT64
    "64:ff9b:1::1",
    "2002:0a00:0001::1",  # 6to4
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
]
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", PUBLIC)
@pytest.mark.parametrize("loopback", [False, True])
def test_public_addresses_are_allowed(address, loopback):
    assert allowed(ipaddress.ip_address(address), loopback=loopback)


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("loopback", [False, True])
def test_private_addresses_are_refused_on_the_laptop_too(address, loopback):
    assert not allowed(ipaddress.ip_address(address), loopback=loopback)


@pytest.mark.parametrize("address", LOOPBACK)
def test_the_loopback_address_is_allowed_on_the_laptop_only(address):
    assert not allowed(ipaddress.ip_address(address), loopback=False)
    assert allowed(ipaddress.ip_address(address), loopback=True)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://app.example", Target(True, "app.example", 443, "/")),
        ("https://App.Example:8443/a/b?c=d", Target(True, "app.example", 8443, "/a/b?c=d")),
        ("https://1.1.1.1/x", Target(True, "1.1.1.1", 443, "/x")),
        ("https://[2606:4700:4700::1111]/x", Target(True, "2606:4700:4700::1111", 443, "/x")),
    ],
)
def test_a_url_is_where_it_leads(url, found):
    assert target(url, loopback=False) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app.example",
        "//app.example/x",
        "http://app.example/x",
        "ftp://app.example/x",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://app.example:0/",
        "https://app.example:99999/",
        "https://app.example:x/",
        "https://user@app.example/",
        "https://user:word@app.example/",
        "https://app.example/#here",
        "https://app.example/a b",
        "https://app.example/\r\nHost: other",
        "https://app.example/\tx",
        "https://bücher.example/",
        "https://[::1",
        *(f"https://{one if ':' not in one else f'[{one}]'}/" for one in (*PRIVATE, *LOOPBACK)),
        "http://localhost/",
        "http://127.0.0.1:8080/",
    ],
)
def test_a_url_that_may_be_no_webhooks_is_refused_with_a_reason(url):
    with pytest.raises(Invalid, match="url: "):
        target(url, loopback=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4720/e", "http://localhost:80/", "http://[::1]/"]
)
def test_the_laptop_may_use_http_on_its_loopback_address(url):
    assert not target(url, loopback=True).tls


@pytest.mark.parametrize("url", ["http://app.example/", "http://127.0.0.1.evil.example/"])
def test_the_laptop_may_use_http_nowhere_else(url):
    with pytest.raises(Invalid, match="https"):
        target(url, loopback=True)
