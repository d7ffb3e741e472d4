#!/bin/sh
# Gets what `npm run demo`, `npm run bench` and `npm test` need: the npm packages, and the Debian packages of the test bed.
# Says nothing when nothing is missing. A missing Debian package is no failure: the demo and the tests say what they
# leave out. Services of packages that are installed here are not started, neither now nor at the next boot.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-test} # or demo or bench, which need less
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

install_npm_packages() {
  installed=node_modules/.package-lock.json
  if [ -e "$installed" ] && [ -z "$(find package-lock.json -newer "$installed")" ]; then return 0; fi
  echo 'install: npm ci' >&2
  npm ci --no-audit --no-fund --loglevel=error
}

# Prints the Debian packages whose program is not here. One line each: program package, and who alone needs it
missing_packages() {
  while read -r program package only; do
    [ "$only" = '' ] || [ "$only" = "$purpose" ] || continue
    command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
  done <<LIST
tor tor
postfix postfix
unbound unbound
nsd nsd
ldns-signzone ldnsutils
ip iproute2
strace strace test
rspamd rspamd test
mta-sts-daemon postfix-mta-sts-resolver test
openssl openssl test
torsocks torsocks bench
perl perl test
LIST
}

# Prints the installed mail server that installing postfix would remove.
other_mail_server() {
  dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    awk '$1 == "installed" && $2 != "postfix" && / mail-transport-agent/ { print $2; exit }'
}

without_postfix() {
  for package in "$@"; do
    [ "$package" = postfix ] || printf '%s ' "$package"
  done
}

# While this file says 101, packages do not start their services. One that is here already is the operator's.
forbid_services() {
  [ ! -e "$policy" ] || return 0
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

# An unconfigured Postfix: the test bed writes its own configurations and does not touch the system's.
install_debian_packages() {
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d
  forbid_services
  case " $* " in
    *' postfix '*) echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections ;;
  esac
  apt-get -qq update &&
    apt-get -qq -o Dpkg::Use-Pty=0 -y --no-install-recommends install "$@" &&
    disable_services "$@"
}

disable_services() {
  command -v systemctl >/dev/null 2>&1 || return 0
  for package in "$@"; do
    case $package in
      tor | postfix | unbound | nsd | rspamd | postfix-mta-sts-resolver) systemctl --quiet disable "$package" >/dev/null 2>&1 || true ;;
    esac
  done
}

install_test_bed() {
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "install: the test bed lacks the Debian packages: $missing" >&2
    return 0
  fi
  other=$(other_mail_server)
  if [ -n "$other" ]; then
    case " $missing" in
      *' postfix '*)
        echo "install: $other is this host's mail server; installing postfix would remove it, so postfix is left out." >&2
        echo 'install: the demo then uses a sender and a receiver of its own; tests that need Postfix say so.' >&2
        # shellcheck disable=SC2086 # a list of words
        missing=$(without_postfix $missing)
        ;;
    esac
  fi
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "install: for the whole test bed, run as root: apt-get install --no-install-recommends $missing" >&2
    return 0
  fi
  echo "install: apt-get install $missing" >&2
  # shellcheck disable=SC2086 # a list of words
  if ! output=$(install_debian_packages $missing 2>&1); then
    printf '%s\n' "$output" "install: apt-get failed; going on without: $missing" >&2
  fi
}

# Debian has one mail server at a time, so others are unpacked beside the system, with the libraries that are not here.
# The files have to be root's: Exim takes no other configuration. Usage: unpack name program package...
unpack() {
  name=$1 folder=.testbed/$1 program=$2
  shift 2
  [ ! -x "$folder/$program" ] || return 0
  command -v apt-get >/dev/null 2>&1 || return 0 # install_test_bed has said what is missing
  if [ "$(id -u)" != 0 ]; then
    echo "install: for $name in the test bed, run scripts/install.sh as root" >&2
    return 0
  fi
  echo "install: unpacking $* in $folder" >&2
  rm -rf "$folder" "$folder.new"
  mkdir -p "$folder.new/packages"
  if output=$(download_and_unpack "$folder.new" "$@" 2>&1); then
    mv "$folder.new" "$folder"
  else
    rm -rf "$folder.new"
    printf '%s\n' "$output" "install: going on without $name" >&2
  fi
}

# The list of packages may be older than the archive: then it is brought up to date.
download_and_unpack() {
  into=$1
  shift
  download "$into/packages" "$@" || { apt-get -qq update && download "$into/packages" "$@"; } || return 1
  for package in "$into"/packages/*.deb; do
    dpkg -x "$package" "$into" || return 1
  done
  rm -r "$into/packages"
}

# The packages, and what apt-get would install with them.
download() {
  into_packages=$1
  shift
  plan=$(apt-get -s --no-install-recommends install "$@") || return 1
  wanted=$({ printf '%s\n' "$@" && printf '%s\n' "$plan" | awk '$1 == "Inst" { print $2 }'; } | sort -u)
  # shellcheck disable=SC2086 # a list of words
  (cd "$into_packages" && apt-get -qq -o APT::Sandbox::User=root download $wanted)
}

install_haraka() {
  folder=.testbed/haraka
  wanted='Haraka@3.3.4 haraka-plugin-relay@1.0.2'
  [ "$(cat "$folder/wanted" 2>/dev/null)" != "$wanted" ] || return 0
  echo "install: npm install $wanted in $folder" >&2
  rm -rf "$folder"
  mkdir -p "$folder"
  # shellcheck disable=SC2086 # a list of words
  if output=$(npm install --prefix "$folder" --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error $wanted 2>&1); then
    echo "$wanted" >"$folder/wanted"
  else
    printf '%s\n' "$output" 'install: going on without Haraka' >&2
  fi
}

install_npm_packages
install_test_bed
[ "$purpose" = test ] || exit 0
unpack exim4 usr/sbin/exim4 exim4-daemon-heavy exim4-base exim4-config
unpack opensmtpd usr/sbin/smtpd opensmtpd
unpack chasquid usr/bin/chasquid chasquid
unpack onionbalance usr/sbin/onionbalance onionbalance
install_haraka
