/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an apply does about going back. The former state is kept as a topology, so that going back is an apply like any
 * other, hours later and by another process.
 */
#include "cmd/confirm.h"

#include "cmd/carry_out.h"
#include "cmd/host_keys.h"
#include "cmd/output_yaml.h"
#include "cmd/pending.h"
#include "cmd/rollback.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "backends/spawn.h"
#include "model/cleanup.h"
#include "model/explicit.h"
#include "model/text.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 5 /* seconds, for the process that goes back to be there */
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
	const struct explicit_options shown = { .name = session->name, .host = session->host };
	AUTO_FREE char *text = NULL;
	struct model *former;
	struct node *tree;
	size_t size;
	FILE *file;

	if (!has_ours(session->have))
		return ROLLBACK_TO_NOTHING;
	former = carry_out_former(session->want, session->have);
	tree = explicit_tree(former, &shown, session->arena);
	host_keys_add(tree, session->document, session->host, session->arena);
	file = arena_check(open_memstream(&text, &size));
	output_yaml(file, tree);
	fclose(file);
	model_free(former);
	return arena_strdup(session->arena, text);
}

/* ---- who goes back ---- */

static bool is_asked_for(const struct options *options)
{
	return options->confirm == CONFIRM_ASK;
}

/* A unit of its own outlives the unit that it is started from; elsewhere a session of its own will do. */
static int start_guard(const struct session *session, struct error *err)
{
	char program[PATH_MAX] = "";
	const char *const argv[] = { program,  "rollback",    "--when-due",
				     "--name", session->name, NULL };
	const char *const unit[] = { "systemd-run",
				     "--quiet",
				     "--collect",
				     arena_printf(session->arena, "--unit=vnetapply-rollback-%s",
						  session->name),
				     "--property=Type=exec",
				     "--",
				     program,
				     "rollback",
				     "--when-due",
				     "--name",
				     session->name,
				     NULL };
	const char *log = arena_printf(session->arena, "%s/%s/%s", SCOPE_RUN_DIRECTORY,
				       session->name, RUN_GUARD_LOG);

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return error_set(err, errno, "/proc/self/exe: %s", strerror(errno));
	return spawn_has_systemd() ? spawn_wait(unit, err)
				   : spawn_daemon(argv, NULL, log, PATIENCE, err);
}

static int begin_waiting(struct session *session, struct error *err)
{
	int r = pending_start(session->name, session->options->confirm_timeout_ms, err);

	if (r == 0)
		r = start_guard(session, err);
	if (r == 0)
		session->awaits_confirmation = true;
	else
		pending_remove(session->name);
	return r;
}

int confirm_prepare(struct session *session)
{
	struct error err = { 0 };
	int r;

	if (session->want == session->empty || session->is_undoing)
		return 0;
	session->before = run_record_text(session->name, RUN_BEFORE, session->arena);
	r = run_record_replace(session->name, RUN_BEFORE, former_text(session), &err);
	if (r == 0 && is_asked_for(session->options))
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
			(void)pending_extend(session->name, session->options->confirm_timeout_ms,
					     &ignored);
		return;
	}
	if (session->awaits_confirmation)
		pending_remove(session->name);
	session->awaits_confirmation = false;
	(void)run_record_replace(session->name, RUN_BEFORE, session->before, &ignored);
}

/* ---- waiting ---- */

/* Where somebody can be asked: standard input, else -1. */
static int ask(const struct session *session)
{
	const struct options *options = session->options;
	unsigned seconds = (options->confirm_timeout_ms + 999) / 1000;

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
		(void)pending_extend(session->name, 0, &ignored);
	return -1;
}

static void let_signals_in(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int await_end(const struct session *session, int fd)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct pending pending;
	bool readable;

	for (;;) {
		pending = pending_wait(session->name, fd, &readable);
		if (readable)
			fd = take_answer(session, fd);
		switch (pending.state) {
		case PENDING_CONFIRMED:
			return STATUS_DONE;
		case PENDING_NONE: /* gone with all else, where nothing was there before */
		case PENDING_ROLLED_BACK:
			return STATUS_ROLLED_BACK;
		case PENDING_FAILED:
			return STATUS_HALF_DONE;
		case PENDING_WAITING:
		case PENDING_ROLLING_BACK:
			if (!pending_is_waiting(&pending))
				return STATUS_HALF_DONE;
			nanosleep(&pause, NULL);
		}
	}
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
	pending_remove(session->name);
	if (status == STATUS_ROLLED_BACK)
		fputs("vnetapply: not confirmed: undone, the system is as before\n", stderr);
	else if (status == STATUS_HALF_DONE)
		fprintf(stderr,
			"vnetapply: not confirmed, and undoing it failed: vnetapply rollback --name %s\n",
			session->name);
	return status;
}
