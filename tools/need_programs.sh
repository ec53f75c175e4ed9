#!/bin/sh
# Make sure that the programs which the tests drive are there: servers of PostgreSQL, Redis and mail, curl, and
# Chromium.
# Where we may (root, apt-get), install what is missing; elsewhere say in one line what to install.
set -eu

has_postgres() {
    command -v initdb >/dev/null 2>&1 && return 0
    for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
        [ -x "$folder/initdb" ] && return 0
    done
    return 1
}

has_dovecot() {
    [ -x /usr/lib/dovecot/lmtp ] && [ -x /usr/lib/dovecot/imap ] && return 0
    for folder in /usr/libexec/dovecot /opt/homebrew/opt/dovecot/libexec/dovecot /usr/local/opt/dovecot/libexec/dovecot; do
        [ -x "$folder/lmtp" ] && return 0
    done
    return 1
}

has_chromium() {
    [ -n "${CHROMIUM:-}" ] && return 0
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    [ -x /Applications/Chromium.app/Contents/MacOS/Chromium ] ||
        [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

missing=""
has_postgres || missing="$missing postgresql"
has_chromium || missing="$missing chromium"
has_dovecot || missing="$missing dovecot-imapd dovecot-lmtpd"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing
    exit 0
fi
echo "The tests need:$missing. Install them (Debian, Ubuntu: sudo apt-get install$missing; macOS: brew install the same, dovecot and redis as one each) and try again." >&2
exit 1
