#!/bin/sh
# Gets what `npm run demo` and `npm test` need: the npm packages, and the Debian packages of the test bed.
# Says nothing when nothing is missing. A missing Debian package is no failure: the demo and the tests say what they
# leave out. Services of packages that are installed here are not started, neither now nor at the next boot.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

install_npm_packages() {
  installed=node_modules/.package-lock.json
  if [ -e "$installed" ] && [ -z "$(find package-lock.json -newer "$installed")" ]; then return 0; fi
  echo 'install: npm ci' >&2
  npm ci --no-audit --no-fund --loglevel=error
}

# Prints the Debian packages whose program is not here. One line each: program package
missing_packages() {
  while read -r program package; do
    command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
  done <<LIST
tor tor
postfix postfix
unbound unbound
nsd nsd
ldns-signzone ldnsutils
ip iproute2
strace strace
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
      tor | postfix | unbound | nsd) systemctl --quiet disable "$package" >/dev/null 2>&1 || true ;;
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

install_npm_packages
install_test_bed
