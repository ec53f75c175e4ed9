#!/bin/sh
# Write .env.example with random secrets to standard output: sh tools/make_env.sh > .env
set -eu
umask 077
# In url-safe base64 without its padding: 48 bytes become 64 characters.
random() {
    head -c "$1" /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_'
}
while IFS= read -r line; do
    case $line in
        FERNET_KEY=) printf '%s%s=\n' "$line" "$(random 32)" ;;
        [A-Z]*=) printf '%s%s\n' "$line" "$(random 48)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <"$(dirname "$0")/../.env.example"
