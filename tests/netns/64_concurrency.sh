#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One at a time, and beside others: many runs of two topologies at once, a program that changes links all the while, a
# link that goes between plan and apply.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/netns/fault_lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/fault_lib.sh"

topology() { # topology NAME VARIANT NETWORK
	cat >"$WORK/$1-$2.yaml" <<END
version: 1
name: $1
bridges: {$1-br: {addresses: [$3.$2/24, $3.5/24], forward: nat}}
namespaces:
  $1-a: {attach: {$1-br: $3.1$2/24}}
  $1-b$2: {attach: {$1-br: $3.20/24}}
END
}
for n in 1 2; do
	topology one $n 10.71.0
	topology two $n 10.72.0
done

# Interleaved: each run waits for the others, none fails, and the last ones decide.
many() { # many COMMAND...: its runs for both topologies, twelve at once
	local pids=() pid i t
	for i in {1..6}; do
		for t in one two; do
			"$V" -q -f "$WORK/$t-$((i % 2 + 1)).yaml" --lock-timeout 60s &
			pids+=($!)
		done
	done
	for pid in "${pids[@]}"; do wait "$pid" || return 1; done
}
empty=$(python3 tests/netns/host_state.py | grep -v host_state)
check "twelve runs of two topologies at once" many
for t in one two; do check "$t: the next one" "$V" -f "$WORK/$t-1.yaml"; done
for t in one two; do check "$t: nothing is left to do" "$V" diff -f "$WORK/$t-1.yaml"; done
expect_equal "each has its own" "one-a one-b1 two-a two-b1" \
	"$(ip netns | awk '/one|two/ { print $1 }' | sort | paste -sd ' ')"

# Applying and destroying at once: whoever is last, the directory that holds the lock comes and goes meanwhile.
churn() {
	local pids=() pid i t
	for i in {1..5}; do
		for t in one two; do
			"$V" destroy -q --name "$t" --lock-timeout 60s &
			pids+=($!)
			"$V" -q -f "$WORK/$t-1.yaml" --lock-timeout 60s &
			pids+=($!)
		done
	done
	for pid in "${pids[@]}"; do wait "$pid" || return 1; done
}
check "destroying and applying at once" churn
check "destroy one" "$V" destroy --name one
check "destroy two" "$V" destroy --name two
expect_equal "nothing is left" "$empty" "$(python3 tests/netns/host_state.py | grep -v host_state)"

# Somebody makes the next lock when the directory of the last one is about to go: it is not the last one's to remove.
lock=/run/vnetapply/.lock
lock_is_away() { [[ -d /run/vnetapply && ! -e $lock ]]; }
check "one is there" "$V" -f "$WORK/one-1.yaml"
VNET_LATE_UNTIL=$lock LD_PRELOAD=$PWD/$BUILD/tests/shim/late_rmdir.so \
	ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0:verify_asan_link_order=0" "$V" destroy -q --name one &
destroying=$!
check "it is destroyed, its lock removed" wait_until 10 lock_is_away
bash -c 'exec 9>>"$0"; flock 9; exec sleep 30' $lock &
holder=$!
status=0
wait $destroying || status=$?
expect_equal "then it ends" 0 $status
is_its_holders() { [[ /proc/$holder/fd/9 -ef $lock ]]; }
check "the next lock is its holder's" wait_until 5 is_its_holders
kill $holder
wait $holder 2>/dev/null || true
rm -r /run/vnetapply

# While one holds the lock, another says who, and a reader does not wait.
mkdir -m 700 /run/vnetapply
bash -c 'exec 9>>/run/vnetapply/.lock; flock 9; exec sleep 30' &
holder=$!
check "the lock is taken" wait_until 5 bash -c '! flock -n /run/vnetapply/.lock true'
expect_status "75 while another run holds the lock" 75 "$V" --lock-timeout 100ms -f "$WORK/one-1.yaml"
expect_status "a reader does not wait" 2 timeout 5 "$V" diff -f "$WORK/one-1.yaml"
kill "$holder"
pkill -P $$ sleep 2>/dev/null || true
wait "$holder" 2>/dev/null || true

# Who holds the lock is named, to a writer and to a reader; a run that waits with a full pipe of events holds it.
cat >"$WORK/hold.py" <<'END'
import fcntl, os, subprocess, sys
reading, writing = os.pipe()
fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
run = subprocess.Popen(sys.argv[1:], stdout=writing)
os.close(writing)
sys.stdin.read()
with os.fdopen(reading) as events:
    events.read()
sys.exit(run.wait())
END
mkfifo "$WORK/go"
python3 "$WORK/hold.py" "$V" -o json -f "$WORK/one-1.yaml" <"$WORK/go" &
holder=$!
exec 8>"$WORK/go"
is_held() { grep -q ' apply' /run/vnetapply/.lock && [[ -n $(ip netns list) ]]; }
check "a run is held up in the middle" wait_until 10 is_held
held='process [0-9]+ \(vnetapply apply\) has held the lock for [0-9]+ s; try again, or --lock-timeout'
expect_match "a second run says who holds the lock" "$held" "$("$V" -f "$WORK/one-2.yaml" --lock-timeout 0 2>&1 || true)"
expect_match "a reader does, too" "$held" "$("$V" diff -f "$WORK/one-2.yaml" --lock-timeout 0 2>&1 || true)"
expect_status "and prints nothing torn" 75 "$V" state --name one --lock-timeout 100ms
exec 8>&-
if wait "$holder"; then ok "the run goes on"; else fail "the run goes on" "$?"; fi
check "and was not disturbed" "$V" diff -f "$WORK/one-1.yaml"

# One that was killed holds nothing, and is waited for by nobody.
VNET_SHIM_KILL_BEFORE=15 LD_PRELOAD=$SHIM bash -c '"$0" destroy --name one; exit 0' "$V" >/dev/null 2>&1
expect_match "a killed run leaves its name" ' destroy' "$(cat /run/vnetapply/.lock)"
expect_status "but not the lock" 0 "$V" state --name one --lock-timeout 0
check "for nobody" "$V" destroy --name one --lock-timeout 0

# A reader sees the one state or the other, never a part of both; and a writer that would not wait never finds it.
wide() { # wide VARIANT
	printf 'version: 1\nname: wide\nbridges: {wide-br: {addresses: [10.74.0.%d/24]}}\nnamespaces:\n' "$1"
	for n in {1..12}; do echo "  wide-$n: {attach: {wide-br: 10.74.0.$((100 * $1 + n))/24}}"; done
}
for n in 1 2; do wide $n >"$WORK/wide-$n.yaml"; done
seen() { "$V" state --name wide -o json | jq -S 'del(.created)' | sha256sum; }
for n in 1 2; do
	check "apply $n" "$V" -q -f "$WORK/wide-$n.yaml"
	seen >>"$WORK/whole"
done
write() {
	local i
	for i in {1..10}; do
		"$V" -q -f "$WORK/wide-$((i % 2 + 1)).yaml" --lock-timeout 0 || return 1
		sleep 0.2
	done
}
write 2>"$WORK/written" &
writer=$!
torn=0 reads=0
while kill -0 "$writer" 2>/dev/null; do
	reads=$((reads + 1))
	seen | grep -qFf "$WORK/whole" || torn=$((torn + 1))
done
if wait "$writer"; then ok "no writer was kept waiting by a reader"; else
	fail "no writer was kept waiting by a reader" "$(cat "$WORK/written")"
fi
check "there was something to read" test "$reads" -ge 5
expect_equal "no reader saw a part" 0 "$torn"
check "destroy" "$V" destroy --name wide

# Links come and go while they are read: a dump that is cut is read again.
bash -c 'while :; do ip link add noise type veth peer name esion; ip link del noise; done' 2>/dev/null &
noise=$!
calm() {
	local i
	for i in {1..8}; do
		"$V" -q -f "$WORK/one-$((i % 2 + 1)).yaml" || return 1
	done
	"$V" -q -f "$WORK/one-1.yaml" && "$V" diff -f "$WORK/one-1.yaml"
}
check "changes while foreign links come and go" calm
check "destroy meanwhile" "$V" destroy --name one
kill "$noise"
wait "$noise" 2>/dev/null || true
ip link del noise 2>/dev/null || true
expect_equal "nothing is left of ours" "$empty" "$(python3 tests/netns/host_state.py | grep -v host_state)"

# A link goes between plan and apply: the run waits at a full pipe of events while it is deleted.
check "apply" "$V" -f "$WORK/one-1.yaml"
cat >"$WORK/meddle.py" <<'END'
import fcntl, os, subprocess, sys
reading, writing = os.pipe()
fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
run = subprocess.Popen(sys.argv[1:], stdout=writing)
os.close(writing)
with os.fdopen(reading) as events:
    while "plan" not in (events.readline() or "plan"):
        pass
    subprocess.run(["ip", "link", "del", "one-b1-eth0"], check=False)
    for line in events:
        pass
sys.exit(run.wait())
END
python3 "$WORK/meddle.py" "$V" -o json -f "$WORK/one-2.yaml" >/dev/null 2>&1 || true
check "the next run converges" "$V" -f "$WORK/one-2.yaml"
check "wholly" "$V" diff -f "$WORK/one-2.yaml"
check "destroy" "$V" destroy --name one
expect_equal "and leaves nothing" "$empty" "$(python3 tests/netns/host_state.py | grep -v host_state)"
