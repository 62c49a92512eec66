/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an apply does about going back. The former state is kept as a topology, so that going back is an apply like any
 * other, hours later and by another process.
 */
#include "cmd/confirm.h"

#include "cmd/carry_out.h"
#include "cmd/events.h"
#include "cmd/guard.h"
#include "cmd/kept.h"
#include "cmd/pending.h"
#include "cmd/rollback.h"
#include "cmd/run_directory.h"
#include "cmd/run_lock.h"
#include "cmd/status.h"

#include "backends/spawn.h"
#include "model/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 5    /* seconds, for the process that goes back to be there */
#define LATE_MS	 5000 /* how late that process may be before it is taken for dead */
#define PAUSE_NS 200000000L

int confirm_check_waiting(const struct session *session)
{
	struct pending pending = pending_read(session->name);

	if (session->is_undoing || !pending_is_waiting(&pending))
		return 0;
	fprintf(stderr,
		"vnetapply: refused: an apply of %s waits for confirmation\n"
		"  vnetapply confirm --name %s, or vnetapply rollback --name %s\n",
		session->name, session->name, session->name);
	return STATUS_REFUSED;
}

/* ---- the former state ---- */

static bool has_ours(const struct model *have)
{
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, have, i)
		if (object->owner == OWNER_OURS)
			return true;
	return false;
}

/* As a topology, in the session's arena. */
static const char *former_text(struct session *session)
{
	struct model *former;
	const char *text;

	if (!has_ours(session->have))
		return ROLLBACK_TO_NOTHING;
	former = carry_out_former(session->want, session->have);
	text = kept_text(session, kept_tree(session, former));
	model_free(former);
	return text;
}

/* ---- who goes back ---- */

static void end_waiting(struct session *session)
{
	pending_remove(session->name);
	guard_forget(session->name);
	session->awaits_confirmation = false;
}

/* A unit of its own outlives the unit that it is started from; elsewhere a session of its own will do. */
static int start_unit(const struct session *session, const char *const argv[], struct error *err)
{
	const char *name = arena_printf(session->arena, "vnetapply-rollback-%s", session->name);
	const char *stop[] = { "systemctl", "--quiet", "stop", name, NULL };
	const char *run[16] = { "systemd-run", "--quiet", "--collect" };
	struct error ignored;
	size_t n = 3;

	run[n++] = arena_printf(session->arena, "--unit=%s", name);
	run[n++] = arena_printf(session->arena, "--description=vnetapply rollback of %s",
				session->name);
	run[n++] = "--property=Type=exec";
	run[n++] = "--";
	while (*argv)
		run[n++] = *argv++;
	/* That of the apply before this one may not have noticed yet that its time is over. */
	(void)spawn_wait(stop, &ignored);
	return spawn_wait(run, err);
}

static int start_keeper(const struct session *session, struct error *err)
{
	char program[PATH_MAX] = "";
	const char *const argv[] = { program,  "rollback",    "--when-due",
				     "--name", session->name, NULL };
	const char *log = arena_printf(session->arena, "%s/%s/%s", SCOPE_RUN_DIRECTORY,
				       session->name, RUN_GUARD_LOG);

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return error_set(err, errno, "/proc/self/exe: %s", strerror(errno));
	return spawn_has_systemd() ? start_unit(session, argv, err)
				   : spawn_daemon(argv, NULL, log, PATIENCE, err);
}

static int begin_waiting(struct session *session, struct error *err)
{
	const struct options *options = session->options;
	int r = pending_start(session->name, options->confirm_timeout_ms, err);

	if (r == 0 && options->confirm == CONFIRM_GUARD)
		r = guard_record(session, err);
	if (r == 0)
		r = start_keeper(session, err);
	if (r == 0)
		r = pending_change(session->name, PENDING_PREPARING, PENDING_APPLYING, err);
	session->awaits_confirmation = r == 0;
	if (r < 0)
		end_waiting(session);
	return r;
}

int confirm_prepare(struct session *session)
{
	struct error err = { 0 };
	const char *former;
	int r;

	if (session->want == session->empty || session->is_undoing)
		return 0;
	session->before = run_record_text(session->name, RUN_BEFORE, session->arena);
	former = former_text(session);
	session->goes_to_nothing = !strcmp(former, ROLLBACK_TO_NOTHING);
	r = run_record_replace(session->name, RUN_BEFORE, former, &err);
	if (r == 0 && session->options->confirm != CONFIRM_NONE)
		r = begin_waiting(session, &err);
	if (r == 0)
		return 0;
	fprintf(stderr, "vnetapply: cannot keep a way back: %s\n  nothing was changed\n", err.text);
	return STATUS_FAILED;
}

void confirm_settle(struct session *session, int status)
{
	struct error ignored;

	if (status == STATUS_HALF_DONE || session->is_undoing || !session->before)
		return;
	if (!status) {
		if (session->awaits_confirmation)
			(void)pending_await(session->name, session->options->confirm_timeout_ms,
					    &ignored);
		return;
	}
	if (session->awaits_confirmation)
		end_waiting(session);
	(void)run_record_replace(session->name, RUN_BEFORE, session->before, &ignored);
}

/* ---- waiting ---- */

/* Where somebody can be asked: standard input, else -1. */
static int ask(const struct session *session)
{
	const struct options *options = session->options;
	unsigned seconds = (options->confirm_timeout_ms + 999) / 1000;

	if (options->confirm == CONFIRM_GUARD) {
		if (!options->quiet)
			fprintf(stderr, "testing the guard, for %u s at most\n", seconds);
		return -1;
	}
	if (!options->yes && !options->no_input && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
		fprintf(stderr, "Keep it? Without an answer it is undone in %u s [y/N] ", seconds);
		return STDIN_FILENO;
	}
	fprintf(stderr, "to keep it, within %u s: vnetapply confirm --name %s\n", seconds,
		session->name);
	return -1;
}

/* An answer is taken at once; a closed terminal is none. Returns where the next one comes from. */
static int take_answer(const struct session *session, int fd)
{
	struct error ignored;
	char answer[64];
	ssize_t length = read(fd, answer, sizeof(answer));

	if (length <= 0)
		return -1;
	if (answer[0] == 'y' || answer[0] == 'Y')
		(void)pending_change(session->name, PENDING_WAITING, PENDING_CONFIRMED, &ignored);
	else
		(void)pending_expire(session->name, &ignored);
	return -1;
}

static void let_signals_in(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Whoever was to go back is dead. The guard's tests take their time, and are of that process alone. */
static bool is_overdue(const struct session *session, const struct pending *pending)
{
	return session->options->confirm == CONFIRM_GUARD
		       ? !pending_is_waiting(pending)
		       : pending_clock() >= pending->deadline_ms + LATE_MS;
}

static int await_end(const struct session *session, int fd)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct pending pending;
	bool readable;

	for (;;) {
		pending = pending_wait(session->name, PENDING_WAITING, fd, &readable);
		if (readable)
			fd = take_answer(session, fd);
		switch (pending.state) {
		case PENDING_CONFIRMED:
			return STATUS_DONE;
		case PENDING_NONE: /* gone with all else, where nothing was there before; or somebody removed it */
			return session->goes_to_nothing ? STATUS_ROLLED_BACK : STATUS_HALF_DONE;
		case PENDING_ROLLED_BACK:
			return STATUS_ROLLED_BACK;
		case PENDING_FAILED:
			return STATUS_HALF_DONE;
		case PENDING_PREPARING:
		case PENDING_APPLYING: /* another one's, as ours is through */
			return STATUS_HALF_DONE;
		case PENDING_WAITING:
			if (is_overdue(session, &pending))
				return rollback_overdue(session->options, session->name);
			nanosleep(&pause, NULL);
			break;
		case PENDING_ROLLING_BACK:
			if (!pending_is_waiting(&pending))
				return STATUS_HALF_DONE;
			nanosleep(&pause, NULL);
		}
	}
}

/* What the tests that failed last had to say. */
static void print_findings(const struct session *session)
{
	char text[4096];
	ssize_t length;
	off_t at = 0;

	while (session->findings >= 0 &&
	       (length = pread(session->findings, text, sizeof(text), at)) > 0) {
		fwrite(text, 1, (size_t)length, stderr);
		at += length;
	}
}

static void report_end(const struct session *session, int status)
{
	const char *why = session->options->confirm == CONFIRM_GUARD ? "the guard does not hold"
								     : "not confirmed";

	event_result(session, "confirm", status == STATUS_DONE, status == STATUS_DONE ? NULL : why);
	if (status == STATUS_DONE)
		return;
	print_findings(session);
	if (status == STATUS_ROLLED_BACK)
		fprintf(stderr, "vnetapply: %s: undone, the system is as before\n", why);
	else
		fprintf(stderr,
			"vnetapply: %s, and undoing it failed: vnetapply rollback --name %s\n", why,
			session->name);
}

int confirm_await(struct session *session)
{
	int status;

	if (!session->awaits_confirmation)
		return STATUS_DONE;
	run_unlock(&session->lock); /* who goes back needs it */
	session->lock = -1;
	fflush(stdout);
	let_signals_in();
	status = await_end(session, ask(session));
	end_waiting(session);
	report_end(session, status);
	return status;
}
