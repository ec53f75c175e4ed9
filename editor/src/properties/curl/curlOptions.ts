/** The options of curl (curl 8.x, `man curl`), by what they mean for a request. */

/** Options that take a value; all others are switches. */
export const WITH_VALUE = new Set(
  `-X --request -H --header -d --data --data-raw --data-binary --data-ascii --data-urlencode --json --url -u --user -A --user-agent
   -e --referer -b --cookie -o --output -F --form --form-string -m --max-time --connect-timeout -x --proxy -T --upload-file --cacert
   --capath -E --cert --cert-type --key --key-type --pass -w --write-out --retry --retry-delay --retry-max-time --oauth2-bearer -c
   --cookie-jar --max-redirs -U --proxy-user --proxy-header -r --range --resolve --connect-to --interface --unix-socket
   --abstract-unix-socket --socks4 --socks4a --socks5 --socks5-hostname --preproxy --noproxy --aws-sigv4 -K --config -D --dump-header
   --limit-rate -y --speed-time -Y --speed-limit --ciphers --tls13-ciphers --tls-max --pinnedpubkey --dns-servers --doh-url --local-port
   --keepalive-time --trace --trace-ascii --stderr --max-filesize -z --time-cond --url-query --netrc-file --output-dir --hostpubmd5
   --proto --proto-default --proto-redir --request-target --happy-eyeballs-timeout-ms --expect100-timeout --etag-compare --etag-save
   --rate --service-name --delegation --engine --crlfile --variable`.split(/\s+/),
);

/** The short form of an option, or its one spelling, so that each is looked for once. */
const SAME: Record<string, string> = {
  "--request": "-X", "--header": "-H", "--data": "-d", "--data-ascii": "-d", "--user": "-u", "--user-agent": "-A", "--referer": "-e",
  "--cookie": "-b", "--form": "-F", "--max-time": "-m", "--proxy": "-x", "--upload-file": "-T", "--cert": "-E", "--proxy-user": "-U",
  "--get": "-G", "--head": "-I", "--insecure": "-k", "--location": "-L", "--location-trusted": "-L", "--next": "-:", "--range": "-r",
  "--config": "-K", "--netrc": "-n", "--fail": "-f", "--fail-with-body": "-f",
};

export function canonical(option: string): string {
  return SAME[option] ?? option;
}

/** Options that change how curl works or prints, and nothing about the request that a step sends. */
export const WITHOUT_MEANING = new Set(
  `-s --silent -S --show-error -i --include --show-headers -v --verbose -f -o -O --remote-name -J --remote-header-name -w -# --progress-bar
   --no-progress-meter --compressed -N --no-buffer -D --http1.0 -0 --http1.1 --http2 --http2-prior-knowledge --http3 -4 --ipv4 -6 --ipv6
   -g --globoff --no-keepalive --keepalive-time --tcp-nodelay --tcp-fastopen --path-as-is --trace --trace-ascii --trace-time --stderr
   -q --disable -1 --tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 --create-dirs --output-dir -c --cookie-jar --no-sessionid --raw
   --retry --retry-delay --retry-max-time --retry-connrefused --retry-all-errors --limit-rate -y -Y --max-filesize --styled-output
   --no-alpn --ssl-no-revoke --basic --anyauth --post301 --post302 --post303 --expect100-timeout --parallel -Z --remove-on-error
   --cert-type --key-type --disable-eprt --suppress-connect-headers --proxy-basic --xattr -R --remote-time`.split(/\s+/),
);

/** Options that name a secret, or a file that holds one. */
export const SECRETS = new Set(["-u", "--oauth2-bearer", "-U", "--pass", "--proxy-header"]);
/** Certificates and keys: files of the machine where curl runs. */
export const CERTIFICATES = new Set(["-E", "--key", "--cacert", "--capath", "--pinnedpubkey", "--crlfile"]);
