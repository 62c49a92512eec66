/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that would end the program are held back while changes are made: between two batches it looks whether one is
 * waiting, and then undoes. So a Ctrl-C leaves either all or nothing, and a second one changes nothing.
 */
#include "cmd/carry_out.h"

#include "cmd/brakes.h"
#include "cmd/confirm.h"
#include "cmd/events.h"
#include "cmd/guard.h"
#include "cmd/output_plan.h"
#include "cmd/status.h"

#include "model/classes.h"
#include "model/text.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- asking ---- */

static bool is_disruptive(const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_changes; i++)
		if (change_disruption(plan->changes[i]) != DISRUPTION_NONE)
			return true;
	return plan->n_delete + plan->n_replace > 0;
}

/*
 * The answer is to what was printed. The lock keeps other runs of ours away meanwhile, and nobody else: what they put in
 * the place of something of ours must not be taken for that.
 */
static int look_again(struct session *session)
{
	char before[SESSION_DIGEST_MAX], now[SESSION_DIGEST_MAX];
	size_t n_changes = session->plan->n_changes;
	int r;

	session_live_digest(session, before);
	r = session_plan(session);
	if (r)
		return r;
	if (session->on_plan)
		session->on_plan(session);
	r = session_check_refusals(session);
	if (r || (!strcmp(session_live_digest(session, now), before) &&
		  session->plan->n_changes == n_changes))
		return r;
	fputs("vnetapply: the live state has changed while you were asked: nothing was changed\n"
	      "  run it again to see what would be done now\n",
	      stderr);
	return STATUS_STALE;
}

/* A question needs somebody who reads it and can answer. 0: go on. */
static int ask(struct session *session, const char *question)
{
	const struct options *options = session->options;
	const struct plan_heading heading = {
		.name = session->name,
		.host = session->host,
		.color = session_has_color(session, stderr),
	};
	char answer[16];

	if (options->yes || options->no_input || !is_disruptive(session->plan) ||
	    !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return 0;
	output_plan(stderr, session->plan, &heading);
	session_print_warnings(session);
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return look_again(session);
	fputs("nothing was changed\n", stderr);
	return STATUS_FAILED;
}

/* ---- executing ---- */

static void hold_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGPIPE); /* whoever read our output must not end us half-way */
	sigprocmask(SIG_BLOCK, set, NULL);
}

static bool is_interrupted(void *data)
{
	sigset_t pending;

	(void)data;
	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
	       sigismember(&pending, SIGHUP);
}

static const char *done_word(enum change_op op)
{
	switch (op) {
	case CHANGE_CREATE:
		return "made";
	case CHANGE_UPDATE:
		return "changed";
	case CHANGE_DELETE:
		return "removed";
	case CHANGE_ADOPT:
		return "marked";
	case CHANGE_DISOWN:
		return "gave back";
	}
	return "";
}

static void report_step(void *data, const struct change *change, bool finished)
{
	const struct session *session = data;
	struct arena *arena;

	event_step(session, change, finished);
	if (!finished || !session->options->verbose)
		return;
	arena = arena_new();
	fprintf(stderr, "%s %s\n", done_word(change->op),
		change_address(change->want ? change->want : change->have, arena));
	arena_free(arena);
}

static void print_standing(const struct execute_report *report)
{
	struct arena *arena = arena_new();
	size_t i;

	fputs("  these changes stand:\n", stderr);
	for (i = 0; i < report->n_standing; i++) {
		const struct change *change = report->standing[i];

		fprintf(stderr, "    %s %s\n", change_action(change),
			change_address(change->want ? change->want : change->have, arena));
	}
	fputs("  running it again goes on from there\n", stderr);
	arena_free(arena);
}

static int report_failure(const struct session *session, const struct execute_report *report,
			  const struct error *err)
{
	int status = status_print(PHASE_LIVE, err);
	bool stands = report->outcome == EXECUTE_HALF_UNDONE && report->n_standing > 0;

	event_result(session, "rollback", !stands, err->text);
	if (!stands) {
		fputs(report->n_done ? "  what was done is undone: the system is as before\n"
				     : "  nothing was changed\n",
		      stderr);
		return status;
	}
	if (report->undo_error.code)
		fprintf(stderr, "  undoing failed: %s\n", report->undo_error.text);
	print_standing(report);
	return STATUS_HALF_DONE;
}

static int execute(struct session *session)
{
	struct execute_report report = {
		.progress = report_step,
		.progress_data = session,
		.stop = is_interrupted,
		.no_undo = session->options->no_rollback,
	};
	struct error err = { 0 };

	if (plan_execute(session->plan, session->backends, session->n_backends, &report, &err) < 0)
		return report_failure(session, &report, &err);
	return 0;
}

/* ---- looking again ---- */

struct model *carry_out_former(const struct model *want, const struct model *before)
{
	struct model *former = model_new();
	const struct object *object, *wanted;
	struct object *copy;
	size_t i;

	MODEL_FOR_EACH (object, before, i) {
		wanted = model_find(want, object->class, object->place, object->name);
		if (object->owner != OWNER_OURS)
			continue;
		copy = model_copy_object(former, object);
		/* Of a link made elsewhere, what is ours of it: the rows that were set before, and not what is wanted now. */
		copy->external |= wanted && wanted->external;
		copy->owner = OWNER_OURS;
	}
	return former;
}

/* How near the live state came to what is wanted. */
enum convergence { CONVERGED, DIFFERENT, STOPPED };

/*
 * Plans until nothing is left to do, and carries that out, `passes` times at most. The plan that is left tells the
 * difference.
 */
static enum convergence converge(struct session *session, int passes)
{
	for (;;) {
		if (session_plan(session))
			return STOPPED;
		if (plan_is_empty(session->plan))
			return CONVERGED;
		if (passes-- == 0 || session->plan->n_refusals)
			return DIFFERENT;
		if (execute(session))
			return STOPPED;
	}
}

static int roll_back(struct session *session, const struct model *before)
{
	struct model *want = session->want, *former = carry_out_former(want, before);
	struct object *object;
	size_t i;
	bool done;

	MODEL_FOR_EACH (object, former, i)
		object->protect = false;
	session->want = former;
	session->is_undoing = true;
	done = converge(session, 2) == CONVERGED;
	event_result(session, "rollback", done, NULL);
	fputs(done ? "  undone: the system is as before\n"
		   : "  and undoing it failed: this needs a person\n",
	      stderr);
	plan_free(session->plan);
	session->plan = NULL;
	session->want = want;
	session->is_undoing = false;
	model_free(former);
	return done ? STATUS_ROLLED_BACK : STATUS_HALF_DONE;
}

static int report_difference(struct session *session, const struct model *before)
{
	const struct plan_heading heading = {
		.name = session->name,
		.host = session->host,
		.color = session_has_color(session, stderr),
	};

	event_result(session, "verify", false, "the live state differs from what is wanted");
	fputs("vnetapply: applied, but the live state differs from what is wanted:\n", stderr);
	output_plan(stderr, session->plan, &heading);
	if (!session->options->no_rollback)
		return roll_back(session, before);
	fputs("  left as it is, as --no-rollback says\n", stderr);
	return STATUS_HALF_DONE;
}

/* What is there could not be read, not be put right, or not be recorded. */
static int give_up(struct session *session, const struct model *before)
{
	if (session->options->no_rollback)
		return STATUS_HALF_DONE;
	return roll_back(session, before) == STATUS_ROLLED_BACK ? STATUS_FAILED : STATUS_HALF_DONE;
}

/*
 * Nothing may be left to do. Once, what the kernel did beyond what it was asked for is put right: it may change the MTU
 * of a bridge when a port comes.
 */
static int verify(struct session *session, const struct model *before)
{
	switch (converge(session, 1)) {
	case CONVERGED:
		event_result(session, "verify", true, NULL);
		return 0;
	case DIFFERENT:
		return report_difference(session, before);
	case STOPPED:
		break;
	}
	return give_up(session, before);
}

/* ---- the whole ---- */

static void print_summary(const struct session *session, const struct plan *plan)
{
	const struct plan_heading heading = {
		.name = session->name,
		.host = session->host,
		.color = session_has_color(session, stdout),
	};

	event_summary(session, plan, STATUS_DONE);
	if (!session->options->quiet && session->options->format != FORMAT_JSON)
		output_summary(stdout, plan, &heading);
}

int carry_out_marks(struct session *session)
{
	sigset_t held;

	event_plan(session);
	if (plan_is_empty(session->plan))
		return STATUS_DONE;
	hold_signals(&held);
	return execute(session);
}

int carry_out_undo(struct session *session, const struct error *why)
{
	struct execute_report report = { .progress = report_step, .progress_data = session };

	plan_undo(session->plan, session->backends, session->n_backends, &report);
	return report_failure(session, &report, why);
}

void carry_out_summary(const struct session *session)
{
	print_summary(session, session->plan);
}

/* Executes the plan and looks again. */
static int execute_and_verify(struct session *session)
{
	struct model *before = session->have;
	struct error err = { 0 };
	int r = execute(session);

	if (r)
		return r;
	session->have = NULL; /* outlives the plans that follow */
	if (!session->options->no_verify)
		r = verify(session, before);
	if (!r && brakes_finish(session, &err) < 0) {
		status_print(PHASE_LIVE, &err);
		r = give_up(session, before);
	}
	plan_free(session->plan);
	session->plan = NULL;
	model_free(before);
	return r;
}

/* The changes, and around them the records that are kept of them. */
static int carry_out_agreed(struct session *session)
{
	struct plan counts = *session->plan; /* planning anew frees the plan */
	struct error err = { 0 };
	sigset_t held;
	int r;

	/* What is protected must be known of from the moment that it is there. */
	if (brakes_begin(session, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	hold_signals(&held);
	r = confirm_prepare(session);
	if (!r)
		r = execute_and_verify(session);
	if (r && r != STATUS_HALF_DONE)
		brakes_abandon(session);
	confirm_settle(session, r);
	if (!r)
		print_summary(session, &counts);
	return r;
}

/* Nothing is to be changed, but for what the file protects. */
static int carry_out_nothing(struct session *session)
{
	struct error err = { 0 };

	if (brakes_begin(session, &err) < 0 || brakes_finish(session, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	print_summary(session, session->plan);
	return STATUS_DONE;
}

static int check_ssh_path(struct session *session)
{
	const uint64_t written = OPTION_CONFIRM | OPTION_CONFIRM_TIMEOUT;

	if (!session->control || session->options->given & written || session->is_undoing)
		return 0;
	fprintf(stderr,
		"vnetapply: refused: this touches %s\n"
		"  %s; --confirm none does it at your own risk\n",
		session->control,
		session->want == session->empty
			? "do it from the console"
			: "with --confirm-timeout 60s it is undone unless you confirm");
	return STATUS_REFUSED;
}

int carry_out(struct session *session, const char *question)
{
	int r = session_check_refusals(session);

	if (!r)
		r = confirm_check_waiting(session);
	if (!r)
		r = check_ssh_path(session);
	if (r)
		return r;
	event_plan(session);
	if (plan_is_empty(session->plan))
		return carry_out_nothing(session);
	if (session->options->confirm == CONFIRM_GUARD && !session->is_undoing) {
		r = guard_check_before(session);
		if (r)
			return r;
	}
	r = ask(session, question);
	if (r)
		return r;
	session_print_warnings(session);
	return carry_out_agreed(session);
}
