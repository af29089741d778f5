#!/bin/sh
# Install the Debian programs that the tests start: faketime, which moves the clock of a whole process tree;
# strace, which makes system calls fail;
# PostgreSQL's server programs, on which the ledger's store is tested as well; openssl, which is a time-stamping
# authority; the shells that are completed in.
# Go with golang.org/x/mod, whose notes, tiles and proofs ours are compared with (some 80 MB to fetch, 450 MB on disk).
set -eu

missing=""
command -v faketime >/dev/null 2>&1 || missing="$missing faketime"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v zsh >/dev/null 2>&1 || missing="$missing zsh"
command -v fish >/dev/null 2>&1 || missing="$missing fish"
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v go >/dev/null 2>&1 || missing="$missing golang-go"
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] || missing="$missing golang-golang-x-mod-dev"
[ -n "$missing" ] || exit 0

fail() {
    echo "error: the tests need$missing, which could not be installed here: $1" >&2
    echo "hint: ask an administrator to run: apt-get install$missing" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || fail "there is no apt-get on this machine"
if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n env"
else
    fail "neither root nor passwordless sudo"
fi

export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of plain package names, and a command prefix that may be empty
$as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing >&2 \
    || fail "apt-get failed"
