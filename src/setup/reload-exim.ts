/** Makes a running Exim take over its new configuration, and waits until it has. */
import type { Deed } from './plan.ts';

/**
 * At SIGHUP Exim begins anew under its old process id, with new listening sockets. A signal that comes before it is ready for
 * signals again is lost or kills it, such as the one that takes a setup back. So this waits until it is ready, and sends
 * the signal again to an Exim that has not moved.
 */
const script = String.raw`pid=$(cat "$1") || exit 1
sockets() { ls -l "/proc/$pid/fd" 2>/dev/null | awk '$9 > 2 && $11 ~ /^socket:/ { print $11 }'; }
takes_hup() { grep -q '^SigCgt:.*[13579bdf]$' "/proc/$pid/status"; }
before=$(sockets)
for try in $(seq 0 149); do
  now=$(sockets)
  if [ "$now" = "$before" ]; then
    if [ $((try % 20)) = 0 ]; then kill -HUP "$pid" || exit 1; fi
  elif [ -n "$now" ] && ! printf '%s
' "$now" | grep -qxF "$before" && takes_hup; then
    exit 0
  fi
  sleep 0.1
done
echo "Exim (process $pid) has not begun anew 15 seconds after SIGHUP: see its mainlog and paniclog" >&2
exit 1`;

export function reloadExim(pidFile: string): Deed {
  return {
    command: 'sh',
    args: ['-c', script, 'reload-exim', pidFile],
    shown: `kill -HUP "$(cat ${pidFile})"`,
  };
}
