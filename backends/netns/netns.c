/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backend netns: named network namespaces, made as ip-netns(8) makes them, so that `ip netns` and we see the same.
 *
 * A namespace is ours if its lo bears our mark. lo is marked before the name appears: a crash in between loses
 * only a namespace that nobody can see.
 */
#include "backends/netns/mount.h"
#include "backends/netns/reach.h"

#include "backends/backends.h"
#include "backends/former.h"
#include "backends/mark.h"
#include "backends/place.h"
#include "backends/request.h"
#include "model/classes.h"
#include "model/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LO_INDEX 1 /* of every namespace (LOOPBACK_IFINDEX of the kernel) */

struct backend_ctx {
	const struct scope *scope;
	struct places *places;
	bool has_plain;	       /* the last observe met a file that is no namespace */
	bool is_prepared;      /* NETNS_DIRECTORY is there and shared */
	struct former *former; /* marks of what this run adopted */
};

static bool handles(const struct class *class)
{
	return class == &class_netns;
}

static int open_netns(struct backend_ctx **ret, const struct backend_options *options,
		      struct error *err)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	ctx->scope = options->scope;
	ctx->places = options->places;
	*ret = ctx;
	return 0;
}

static void close_netns(struct backend_ctx *ctx)
{
	if (ctx)
		former_free(&ctx->former);
	free(ctx);
}

/* ---- observe ---- */

/*
 * A namespace may have a second name: by a link, as for containers, or mounted once more. Ours is the name in the mark,
 * as long as it leads there: removing another one would remove what this one has.
 */
static bool is_second_name(const struct backend_ctx *ctx, const char *name, const char *alias)
{
	char own[SCOPE_ALIAS_MAX + 1], first[SCOPE_ALIAS_MAX + 1];
	const char *start = alias + strlen("vnet:") + strlen(ctx->scope->topology) + 1;
	dev_t device, first_device;
	ino_t inode, first_inode;
	struct error ignored;

	if (!strcmp(alias, scope_alias(ctx->scope, name, "lo", own)))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(start, "/"), start);
	return first[0] && place_identity(ctx->places, name, &device, &inode, &ignored) == 0 &&
	       place_identity(ctx->places, first, &first_device, &first_inode, &ignored) == 0 &&
	       device == first_device && inode == first_inode;
}

/* holder may be NULL. */
static int read_owner(const struct backend_ctx *ctx, const char *name, enum owner *ret,
		      const char **holder, struct arena *arena, struct error *err)
{
	struct nl_sock *socket;
	struct mark mark = { 0 };
	int r = place_socket(ctx->places, name, &socket, err);

	if (r == 0)
		r = mark_read(socket, "lo", &mark, err);
	if (r < 0)
		return r;
	*ret = mark_is_ours(ctx->scope, mark.group, mark.alias, false) ? OWNER_OURS : OWNER_FOREIGN;
	if (holder)
		*holder = mark_holder(ctx->scope, mark.alias, arena);
	if (*ret == OWNER_OURS && is_second_name(ctx, name, mark.alias)) {
		*ret = OWNER_FOREIGN;
		if (holder)
			*holder = ctx->scope->topology;
	}
	return 0;
}

/* What was read before may have been removed or replaced since. */
static void look_anew(struct backend_ctx *ctx, const char *name)
{
	if (!place_is_there(ctx->places, name))
		place_forget(ctx->places, name);
}

/*
 * One that goes while we look is not there. A plain file is what a crash of `ip netns add` or ours leaves: no
 * namespace, and create() clears it away.
 */
static int observe_one(struct backend_ctx *ctx, const char *name, struct model *have,
		       struct error *err)
{
	enum owner owner = OWNER_FOREIGN;
	const char *holder = NULL;
	struct object *object;
	int r;

	look_anew(ctx, name);
	r = place_fd(ctx->places, name, err);
	if (r >= 0)
		r = read_owner(ctx, name, &owner, &holder, model_arena(have), err);
	if (r == -ENOENT || r == -ENODEV) {
		ctx->has_plain = true;
		return 0;
	}
	if (r == -EACCES)
		owner = OWNER_FOREIGN;
	else if (r < 0)
		return error_add_context(err, "namespace %s", name);
	if (owner != OWNER_OURS)
		place_forget(ctx->places, name);
	object = model_add(have, &class_netns, "", name);
	if (!object)
		return 0;
	object->owner = owner;
	object->holder = owner == OWNER_FOREIGN ? holder : NULL;
	return 0;
}

static void close_directory(DIR *const *directory)
{
	if (*directory)
		closedir(*directory);
}

/* What is done for each name; `have` is NULL where it does not matter. */
typedef int visit_fn(struct backend_ctx *ctx, const char *name, struct model *have,
		     struct error *err);

static int each_name(struct backend_ctx *ctx, visit_fn *visit, struct model *have,
		     struct error *err)
{
	__attribute__((cleanup(close_directory))) DIR *directory = opendir(NETNS_DIRECTORY);
	const struct dirent *entry;
	int r = 0;

	if (!directory)
		return errno == ENOENT
			       ? 0
			       : error_set(err, errno, "%s: %s", NETNS_DIRECTORY, strerror(errno));
	while (r == 0 && (entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = visit(ctx, entry->d_name, have, err);
	return r;
}

static int observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
		   struct error *err)
{
	(void)want;
	ctx->has_plain = false;
	return each_name(ctx, observe_one, have, err);
}

static int clear_one(struct backend_ctx *ctx, const char *name, struct model *have,
		     struct error *err)
{
	(void)ctx;
	(void)have;
	return netns_clear(name, err);
}

static int mend(struct backend_ctx *ctx, struct error *err)
{
	return ctx->has_plain ? each_name(ctx, clear_one, NULL, err) : 0;
}

/* ---- apply ---- */

static int mark_lo(const struct backend_ctx *ctx, const char *name, struct error *err)
{
	const struct ifinfomsg header = { .ifi_index = LO_INDEX,
					  .ifi_flags = IFF_UP,
					  .ifi_change = IFF_UP };
	AUTO_MESSAGE struct nl_msg *message = request_new(RTM_NEWLINK, 0, &header, sizeof(header));
	struct nl_sock *socket;
	int r = place_socket(ctx->places, name, &socket, err);

	if (r < 0)
		return r;
	nla_put_u32(message, IFLA_GROUP, ctx->scope->group);
	mark_put_alias(message, ctx->scope, name, "lo");
	r = request_send_one(socket, message, err);
	return r < 0 ? error_add_context(err, "mark lo") : r;
}

static int make_inside(const struct backend_ctx *ctx, const char *name, struct error *err)
{
	int r = place_keep(ctx->places, name, err);

	if (r == 0)
		r = mark_lo(ctx, name, err);
	if (r == 0)
		r = netns_mount(name, err);
	if (r < 0)
		place_forget(ctx->places, name);
	return r;
}

static int create(struct backend_ctx *ctx, const char *name, struct error *err)
{
	enum owner owner;
	int r;

	look_anew(ctx, name);
	r = place_fd(ctx->places, name, err);
	if (r >= 0) {
		r = read_owner(ctx, name, &owner, NULL, NULL, err);
		if (r < 0)
			return r;
		return owner == OWNER_OURS ? 0
					   : error_set(err, EEXIST, "it exists and is not ours");
	}
	if (!ctx->is_prepared) {
		r = netns_prepare_directory(err);
		if (r < 0)
			return r;
		ctx->is_prepared = true;
	}
	r = place_enter_new(ctx->places, err);
	if (r < 0)
		return r;
	r = make_inside(ctx, name, err);
	place_leave(ctx->places);
	return r;
}

/* Where its name leads to another one by now, that is somebody else's, and ours has none any more. */
static int remove_name(struct backend_ctx *ctx, const char *name, struct error *err)
{
	struct error ignored;
	bool is_ours = place_is_there(ctx->places, name);

	place_forget(ctx->places, name);
	return is_ours || place_fd(ctx->places, name, &ignored) == -ENOENT
		       ? netns_unmount(name, err)
		       : 0;
}

static int remove_all(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		      size_t *done, struct error *err)
{
	size_t i;
	int r = reach_cut(ctx->places, ctx->scope, changes, n, err);

	for (i = 0; i < n && r == 0; i++) {
		r = remove_name(ctx, changes[i]->have->name, err);
		if (r < 0)
			return error_add_context(err, "namespace %s: remove",
						 changes[i]->have->name);
		++*done;
	}
	return r;
}

static int adopt(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	struct nl_sock *socket;
	int r = place_socket(ctx->places, change->have->name, &socket, err);

	return r < 0 ? r
		     : former_exchange(&ctx->former, socket, ctx->scope, change, change->have->name,
				       "lo", err);
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	switch (change->op) {
	case CHANGE_CREATE:
		return create(ctx, change->want->name, err);
	case CHANGE_ADOPT:
	case CHANGE_DISOWN:
		return adopt(ctx, change, err);
	case CHANGE_UPDATE: /* it has no rows */
	case CHANGE_DELETE:
		break;
	}
	return 0;
}

/* Deletions side by side are one step: what reaches out of the namespaces is then cut at once. */
static int apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		 size_t *done, struct error *err)
{
	size_t i = 0, first;
	int r = 0;

	*done = 0;
	while (i < n && r == 0) {
		const struct change *change = changes[i];

		if (change->op != CHANGE_DELETE) {
			r = apply_one(ctx, change, err);
			if (r < 0)
				return error_add_context(
					err, "namespace %s: %s", change->want->name,
					change->op == CHANGE_CREATE ? "create" : "mark");
			i++;
			++*done;
			continue;
		}
		for (first = i; i < n && changes[i]->op == CHANGE_DELETE; i++)
			;
		r = remove_all(ctx, &changes[first], i - first, done, err);
	}
	return r;
}

const struct backend backend_netns = {
	.name = "netns",
	.handles = handles,
	.open = open_netns,
	.observe = observe,
	.mend = mend,
	.apply = apply,
	.close = close_netns,
};
