/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sshd tells a session its addresses by SSH_CONNECTION; sudo takes that away, so it is looked for in the processes above
 * this one, too. The interface is that of the route to the client.
 */
#include "cmd/ssh_path.h"

#include "backends/facts.h"
#include "model/address.h"
#include "model/classes.h"
#include "model/cleanup.h"
#include "model/link.h"
#include "model/route.h"
#include "model/text.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLE	"SSH_CONNECTION="
#define ENVIRONMENT_MAX (256 << 10)
#define GENERATIONS_MAX 64

bool ssh_path_parse(const char *text, struct addr *client, struct addr *server)
{
	char from[64], to[64];

	if (sscanf(text, "%63s %*u %63s %*u", from, to) != 2)
		return false;
	/* A link-local address brings its interface with it. */
	from[strcspn(from, "%")] = '\0';
	to[strcspn(to, "%")] = '\0';
	return addr_parse(client, from) && addr_parse(server, to);
}

/* ---- which connection ---- */

/* The variable in a process's environment, in arena; NULL: it has none, or is not ours to see. */
static const char *find_variable(long pid, struct arena *arena)
{
	char *text = arena_alloc(arena, ENVIRONMENT_MAX + 1);
	char path[64];
	AUTO_FILE FILE *file = NULL;
	size_t length, at;

	snprintf(path, sizeof(path), "/proc/%ld/environ", pid);
	file = fopen(path, "re");
	length = file ? fread(text, 1, ENVIRONMENT_MAX, file) : 0;
	for (at = 0; at < length; at += strlen(text + at) + 1)
		if (text_starts_with(text + at, VARIABLE))
			return text + at + strlen(VARIABLE);
	return NULL;
}

static long parent_of(long pid)
{
	char path[64], line[512] = "", *end;
	AUTO_FILE FILE *file = NULL;
	long parent = 0;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	end = strrchr(line, ')'); /* a name may contain anything */
	return end && sscanf(end + 1, " %*c %ld", &parent) == 1 ? parent : 0;
}

static const char *find_connection(struct arena *arena)
{
	const char *text = getenv("SSH_CONNECTION");
	struct arena *scratch;
	long pid = getpid();
	int i;

	for (i = 0; !text && pid > 1 && i < GENERATIONS_MAX; i++) {
		pid = parent_of(pid);
		scratch = arena_new();
		text = pid > 0 ? arena_strdup(arena, find_variable(pid, scratch)) : NULL;
		arena_free(scratch);
	}
	return text;
}

/* A connection that ends in another network namespace than ours is no concern of this plan. */
static bool is_local(const struct addr *server, struct arena *arena)
{
	struct facts facts = { 0 };
	const struct addr_item *items;
	struct error ignored;
	size_t i;

	if (facts_read(&facts, arena, &ignored) < 0)
		return true;
	items = facts.addresses.items;
	for (i = 0; i < facts.addresses.n; i++)
		if (addr_same_host(&items[i].addr, server))
			return true;
	return false;
}

/* ---- what touches it ---- */

struct way {
	struct addr client;
	const char *device;
};

static bool is_port_of(const struct object *link, const char *device)
{
	const struct link *data = link ? link->data : NULL;

	return data && ((ref_is_set(&data->master) && !strcmp(data->master.name, device)) ||
			(ref_is_set(&data->link) && !strcmp(data->link.name, device)));
}

/* The device, a port of it, or what it stands on: the caller looks at both ends of each ref. */
static bool is_of_way(const struct model *have, const struct object *object, const struct way *way)
{
	const struct object *device = model_find(have, &class_link, "", way->device);
	const struct link *link = device ? device->data : NULL;

	if (!strcmp(object->name, way->device))
		return true;
	if (link && ref_is_set(&link->link) && !strcmp(link->link.name, object->name))
		return true;
	return is_port_of(object, way->device);
}

static bool touches(const struct model *have, const struct change *change, const struct way *way)
{
	const struct object *object = change->have ? change->have : change->want;

	if (object->place[0] || change->op == CHANGE_ADOPT || change->op == CHANGE_DISOWN)
		return false;
	if (object->class == &class_route)
		return addr_contains(&((const struct route *)object->data)->to, &way->client);
	if (change->op == CHANGE_CREATE && !change->pair)
		return false;
	if (object->class == &class_address)
		return text_equal(((const struct address *)object->data)->interface.name,
				  way->device);
	return object->class == &class_link && is_of_way(have, object, way);
}

/* The device of the route to the client; NULL: unknown. */
static const char *device_to(const struct addr *client, struct arena *arena)
{
	struct facts facts = { 0 };
	struct error ignored;

	if (facts_read_paths(&facts, client, 1, NULL, arena, &ignored) < 0 || !facts.n_paths)
		return NULL;
	return facts.paths[0].device;
}

static bool find_way(struct session *session, struct way *way)
{
	const char *text = find_connection(session->arena);
	struct addr server;

	if (!text || !ssh_path_parse(text, &way->client, &server) ||
	    !is_local(&server, session->arena))
		return false;
	way->device = device_to(&way->client, session->arena);
	return way->device;
}

void ssh_path_mark(struct session *session)
{
	const struct plan *plan = session->plan;
	char client[ADDR_TEXT_MAX];
	struct way way;
	size_t i;

	session->control = NULL;
	if (plan_is_empty(plan) || !find_way(session, &way))
		return;
	for (i = 0; i < plan->n_changes; i++) {
		struct change *change = plan->changes[i];

		if (!touches(session->have, change, &way))
			continue;
		change->is_of_control = true;
		if (!session->control)
			session->control = arena_printf(
				session->arena, "%s, which carries your SSH connection from %s",
				change_address(change->want ? change->want : change->have,
					       session->arena),
				addr_format(&way.client, client));
	}
}

void ssh_path_unmark(struct session *session)
{
	size_t i;

	for (i = 0; i < session->plan->n_changes; i++)
		session->plan->changes[i]->is_of_control = false;
}
