/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a session that looks at this machine: capabilities, lock, scope, backends, plan. */
#include "cmd/session.h"

#include "cmd/brakes.h"
#include "cmd/doctor/doctor.h"
#include "cmd/output_json.h"
#include "cmd/output_plan.h"
#include "cmd/run_check.h"
#include "cmd/run_directory.h"
#include "cmd/status.h"

#include "backends/backends.h"
#include "backends/facts.h"
#include "backends/nft/scope.h"
#include "backends/place.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/digest.h"
#include "model/explicit.h"
#include "model/nft_table.h"
#include "model/text.h"
#include "reconcile/follow.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void close_backends(struct session *session)
{
	while (session->n_backends) {
		struct backend_instance *instance = &session->backends[--session->n_backends];

		instance->backend->close(instance->ctx);
	}
}

void session_close(struct session *session)
{
	plan_free(session->plan);
	close_backends(session);
	places_close(session->places);
	model_free(session->have);
	topology_free(session->topology);
	model_free(session->empty);
	document_free(session->document);
	diag_free(session->diag);
	arena_free(session->arena);
	cleanup_close(&session->findings);
	run_unlock(&session->lock);
}

/* ---- what we may ---- */

static const struct {
	unsigned bit;
	const char *name;
} needed[] = {
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
};

static unsigned long long effective_capabilities(void)
{
	AUTO_FILE FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (text_starts_with(line, "CapEff:"))
			return strtoull(line + strlen("CapEff:"), NULL, 16);
	return ~0ULL; /* no /proc: the kernel will say */
}

static int check_capabilities(void)
{
	unsigned long long effective = effective_capabilities();
	AUTO_TEXT struct text missing = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!(effective & 1ULL << needed[i].bit))
			text_add(&missing, "%s%s", missing.length ? " and " : "", needed[i].name);
	if (!missing.length)
		return 0;
	fprintf(stderr, "vnetapply: not permitted: %s missing\n", text_get(&missing));
	fputs("  run it as root; without root, `vnetapply sim` tries a file in namespaces of its own\n",
	      stderr);
	return STATUS_NOT_PERMITTED;
}

/* ---- scope ---- */

/* Numbers on addresses and routes here, in the namespaces too that are to become ours. */
static int read_used(const struct session *session, bool used[256], struct error *err)
{
	const struct object *object;
	size_t i;
	int r = facts_protocols_in_use(session->places, "", used, err);

	if (!session->adopts)
		return r;
	MODEL_FOR_EACH (object, session->want, i)
		if (r == 0 && object->class == &class_netns) {
			r = facts_protocols_in_use(session->places, object->name, used, err);
			r = r == -ENOENT ? 0 : r;
		}
	return r;
}

static int find_free(const struct session *session, uint8_t *ret, struct error *err)
{
	bool used[256] = { false };
	unsigned number;
	int r = read_used(session, used, err);

	if (r < 0)
		return r;
	for (number = SCOPE_PROTOCOL_MIN; number <= SCOPE_PROTOCOL_MAX; number++) {
		*ret = (uint8_t)number;
		if (!used[number] && !scope_holder(&session->scope, *ret))
			return 0;
	}
	return error_set(err, ENOSPC,
			 "all protocol numbers from %d to %d are taken by topologies or routes",
			 SCOPE_PROTOCOL_MIN, SCOPE_PROTOCOL_MAX);
}

/*
 * Ours is in the host's table, or, when that was flushed, in our record. Another topology may be without its table,
 * too, and have nothing in the host's place: its record says what is taken then.
 */
static int find_protocol(struct session *session, struct error *err)
{
	struct scope *scope = &session->scope;
	uint8_t recorded;
	int r;

	if (scope->protocol)
		return 0;
	r = nft_scope_protocols(session->places, scope, session->arena, err);
	if (r < 0)
		return r;
	recorded = run_record_protocol(session->name);
	if (!scope->protocol && !scope_holder(scope, recorded))
		scope->protocol = recorded;
	run_record_holders(scope, session->arena);
	if (!scope->protocol)
		return find_free(session, &scope->protocol, err);
	scope_set_holder(scope, scope->protocol, NULL);
	return 0;
}

/* The host's table carries the number: what is wanted must say which. */
static void spread_protocol(struct session *session)
{
	struct object *object;
	size_t i;

	if (session->topology)
		session->topology->protocol = session->scope.protocol;
	MODEL_FOR_EACH (object, session->want, i) {
		if (object->class == &class_nft_table && !object->place[0])
			((struct nft_table *)object->data)->protocol = session->scope.protocol;
	}
}

int session_choose_protocol(struct session *session, struct error *err)
{
	int r = find_protocol(session, err);

	spread_protocol(session);
	return r;
}

static int open_backends(struct session *session, struct error *err)
{
	const struct backend_options options = {
		.scope = &session->scope,
		.places = session->places,
		.all = session->options->all,
		.adopts = session->adopts,
	};
	size_t i;
	int r;

	for (i = 0; backends[i]; i++) {
		struct backend_instance *instance = &session->backends[session->n_backends];

		instance->backend = backends[i];
		instance->ctx = NULL;
		r = backends[i]->open(&instance->ctx, &options, err);
		if (r < 0)
			return r;
		session->n_backends++;
	}
	return 0;
}

int session_enter(struct session *session)
{
	struct error err = { 0 };
	int r = session->places ? 0 : check_capabilities();

	if (r || session->places)
		return r;
	return places_open(&session->places, &err) < 0 ? (int)status_print(PHASE_LIVE, &err) : 0;
}

/* Without --name and without a file: the one that is live. */
static int find_live_name(struct session *session)
{
	AUTO_TEXT struct text names = { 0 };
	struct list list = { 0 };
	struct error err = { 0 };
	const struct string_item *items;
	size_t i;
	int r = session_enter(session);

	if (r)
		return r;
	if (nft_scope_topologies(session->places, &list, session->arena, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	items = list.items;
	if (list.n == 1) {
		session->name = items[0].text;
		return 0;
	}
	for (i = 0; i < list.n; i++)
		text_add(&names, "%s%s", i ? ", " : "", items[i].text);
	return usage_error(session->options->command->name, "which topology? %s%s; --name NAME",
			   list.n ? "live are " : "none is live", text_get(&names));
}

static bool is_name(const char *name)
{
	return strlen(name) <= 32 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

int session_find_name(struct session *session)
{
	const struct options *options = session->options;
	const struct node *node;
	int r;

	if (options->name && options->n_files)
		return usage_error(options->command->name, "--name or --file, not both");
	if (!options->name && !options->n_files)
		return find_live_name(session);
	session->name = options->name;
	if (options->n_files) {
		r = session_load(session);
		if (r)
			return r;
		node = node_find(document_root(session->document), "name");
		session->name = node && node->kind == NODE_SCALAR ? node->text : NULL;
	}
	if (!session->name || !is_name(session->name))
		return usage_error(options->command->name,
				   "%s: expected a topology's name, of a-z, 0-9 and dashes",
				   session->name ? session->name : options->files[0]);
	return 0;
}

int session_open(struct session *session, enum session_access access)
{
	struct error err = { 0 };
	int r = session_enter(session);

	if (r)
		return r;
	if (run_check(session->name, &err) < 0)
		return status_print(PHASE_LOCK, &err);
	session->keeps_protocol = session->scope.protocol != 0;
	if ((access == SESSION_WRITES
		     ? run_lock(&session->lock, session->options->command->name,
				session->options->lock_timeout_ms, &err)
		     : run_watch(&session->watch, session->options->lock_timeout_ms, &err)) < 0)
		return status_print(PHASE_LOCK, &err);
	session->had_record = run_record_protocol(session->name) != 0;
	session->scope.topology = session->name;
	session->scope.group = scope_group(session->name);
	if (session_choose_protocol(session, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	if (access == SESSION_WRITES &&
	    run_record_write_protocol(session->name, session->scope.protocol, &err) < 0)
		return status_print(PHASE_LOCK, &err);
	if (open_backends(session, &err) < 0)
		return status_print(PHASE_LIVE, &err);
	return 0;
}

int session_end(struct session *session, int status)
{
	bool is_undone = status != STATUS_DONE && status != STATUS_HALF_DONE;

	if (is_undone && session->lock >= 0 && !session->had_record)
		run_record_remove(session->name);
	return status;
}

/* The command that takes over what stands in the way. */
static void add_adopt_hints(struct session *session)
{
	struct plan *plan = session->plan;
	AUTO_TEXT struct text command = { 0 };
	size_t i;

	if (!session->options->n_files)
		return;
	text_add(&command, "vnetapply adopt");
	for (i = 0; i < session->options->n_files; i++)
		text_add(&command, " -f %s", session->options->files[i]);
	if (session->options->host)
		text_add(&command, " --host %s", session->options->host);
	for (i = 0; i < plan->n_refusals; i++)
		if (plan->refusals[i].adoptable)
			plan->refusals[i].hint = arena_printf(
				plan->arena, "%s %s takes it over; or give yours another name",
				text_get(&command),
				change_address(plan->refusals[i].adoptable, session->arena));
}

int session_plan(struct session *session)
{
	struct error err = { 0 };
	int r;

	plan_free(session->plan);
	session->plan = NULL;
	r = session_observe(session);
	if (r)
		return r;
	follow_ports(session->want, session->have);
	follow_costs(session->want, session->have);
	if (plan_build(&session->plan, session->want, session->have, &err) < 0)
		return status_print(PHASE_PLAN, &err);
	add_adopt_hints(session);
	if (!session->is_undoing)
		brakes_spare_foreign(session);
	return 0;
}

/* ---- refusals ---- */

static bool removes_everything(const struct session *session)
{
	const struct plan *plan = session->plan;
	const struct object *object;
	size_t i;

	MODEL_FOR_EACH (object, session->want, i) {
		if (object->class != &class_nft_table)
			return false;
	}
	return session->want != session->empty && plan->n_delete > 0;
}

int session_check_refusals(struct session *session)
{
	const struct plan *plan = session->plan;
	struct diag *diag = session->diag; /* it has the files' lines */
	size_t first = diag_count(diag), i;

	if (removes_everything(session)) {
		fprintf(stderr,
			"vnetapply: refused: nothing is wanted here, and all of %s would be removed\n"
			"  if that is meant: vnetapply destroy --name %s\n",
			session->name, session->name);
		return STATUS_REFUSED;
	}
	if (!plan->n_refusals)
		return 0;
	for (i = 0; i < plan->n_refusals; i++) {
		const struct refusal *refusal = &plan->refusals[i];

		diag_error(diag, refusal->position.file ? &refusal->position : NULL, "refused: %s",
			   refusal->text);
		if (refusal->hint)
			diag_hint(diag, "%s", refusal->hint);
	}
	output_diag_from(stderr, diag, first, session_has_color(session, stderr));
	return STATUS_REFUSED;
}

/* ---- output ---- */

const char *session_live_digest(const struct session *session, char *buffer)
{
	const struct explicit_options options = { .name = session->name };
	struct arena *arena = arena_new();
	uint8_t digest[DIGEST_SIZE];
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	if (file) {
		output_json(file, explicit_tree(session->have, &options, arena), JSON_LINE);
		fclose(file);
	}
	digest_sha256(text, size, digest);
	free(text);
	arena_free(arena);
	memcpy(buffer, "sha256:", 7);
	digest_hex(digest, DIGEST_SIZE, buffer + 7);
	return buffer;
}

struct node *session_plan_tree(struct session *session, const char *created)
{
	char inputs_digest[SESSION_DIGEST_MAX], live_digest[SESSION_DIGEST_MAX], present[32];
	time_t now = time(NULL);
	struct tm utc;
	struct plan_context context = {
		.name = session->name,
		.host = session->host,
		.created = created ? created : present,
		.live_digest = session_live_digest(session, live_digest),
		.inputs_changed = !run_record_matches(
			session->name, session_inputs_digest(session, inputs_digest)),
		.diag = session->diag,
	};

	strftime(present, sizeof(present), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	if (session->document)
		context.n_inputs = document_inputs(session->document, &context.inputs);
	return plan_tree(session->plan, &context, session->arena);
}

/* Not in a saved plan: they are about the moment. */
static struct node *plan_tree_with_findings(struct session *session)
{
	struct node *tree = session_plan_tree(session, NULL);

	if (session->warnings)
		findings_add_nodes(session->warnings, node_find(tree, "warnings"), session->arena);
	return tree;
}

void session_print_plan(struct session *session)
{
	const struct plan_heading heading = {
		.name = session->name,
		.host = session->host,
		.color = session_has_color(session, stdout),
	};

	if (session->options->format == FORMAT_JSON) {
		output_json(stdout, plan_tree_with_findings(session), JSON_INDENTED);
		return;
	}
	output_plan(stdout, session->plan, &heading);
	if (session->warnings)
		findings_print_warnings(stdout, session->warnings, heading.color);
	session->has_warned = true;
}
