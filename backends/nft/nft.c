/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend of class nft_table: one table of family inet, named after the topology, in each place that has rules.
 *
 * A table is ours by its name, and on the host by the number in its comment, too: a namespace of ours has no other. What
 * it says is read from its listing; whether that is all it says, by writing the listing anew from what was read. Where
 * the two texts differ, the new one is loaded in a scratch namespace and listed by the same library: only then does a
 * difference mean that somebody edited the table.
 *
 * A change is one transaction. If nothing but elements of maps differ, it adds and deletes those; else it replaces the
 * table, which established connections survive too. No table but ours is ever named.
 */
#include "backends/backends.h"
#include "backends/nft/decode.h"
#include "backends/nft/generate.h"
#include "backends/nft/listing.h"
#include "backends/nft/scope.h"
#include "backends/nft/session.h"
#include "backends/nft/tables.h"
#include "model/classes.h"
#include "model/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* The listing of a table that somebody edited, so that an undo can bring it back as it was. */
struct edited {
	struct edited *next;
	const struct object *object;
	char listing[];
};

struct backend_ctx {
	const struct scope *scope;
	struct places *places;
	struct sessions *sessions;
	struct edited *edited;
	char table[NFT_TABLE_NAME_MAX];
};

static bool nft_handles(const struct class *class)
{
	return class == &class_nft_table;
}

static void nft_close(struct backend_ctx *ctx)
{
	if (!ctx)
		return;
	while (ctx->edited) {
		struct edited *edited = ctx->edited;

		ctx->edited = edited->next;
		free(edited);
	}
	sessions_free(ctx->sessions);
	free(ctx);
}

static int nft_open(struct backend_ctx **ret, const struct backend_options *options,
		    struct error *err)
{
	struct backend_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	ctx->scope = options->scope;
	ctx->places = options->places;
	nft_scope_table(ctx->scope->topology, ctx->table);
	ctx->sessions = sessions_new(ctx->places);
	if (!ctx->sessions) {
		nft_close(ctx);
		return error_set(err, ENOMEM, "out of memory");
	}
	*ret = ctx;
	return 0;
}

struct search {
	const char *table;
	bool found;
};

static void search_table(void *data, const char *name, const char *comment)
{
	struct search *search = data;

	(void)comment;
	search->found = search->found || strcmp(name, search->table) == 0;
}

/* Whether the place has our table. A place that is not there has not, nor has a kernel without nf_tables. */
static int table_exists(struct backend_ctx *ctx, const char *place, bool *ret, struct error *err)
{
	struct search search = { .table = ctx->table };
	int r = place_enter(ctx->places, place, err);

	if (r >= 0) {
		r = tables_read(search_table, &search, err);
		place_leave(ctx->places);
	}
	if (r < 0 && r != -ENOENT && r != -EOPNOTSUPP)
		return r;
	*ret = search.found;
	return 0;
}

/* What the kernel would list after loading the script, normalized. */
static int canonical_text(struct backend_ctx *ctx, const char *script, struct text *ret,
			  struct error *err)
{
	AUTO_TEXT struct text listing = { 0 };
	struct nft_ctx *scratch;
	int r = session_get_scratch(ctx->sessions, &scratch, err);

	if (r >= 0)
		r = session_run(scratch, script, err);
	if (r >= 0)
		r = session_list(scratch, ctx->table, &listing, err);
	if (r >= 0)
		r = session_run(scratch, "flush ruleset\n", err);
	if (r >= 0)
		listing_normalize(text_get(&listing), ret);
	return r;
}

/* Whether the live listing says something that `table`, read from it, does not. */
static int table_is_altered(struct backend_ctx *ctx, const struct nft_table *table,
			    const char *listing, bool *ret, struct error *err)
{
	AUTO_TEXT struct text live = { 0 }, text = { 0 }, again = { 0 };
	struct script *script;
	struct error nonsense;
	int r;

	*ret = true;
	if (nft_generate(&script, ctx->table, table, &nonsense) < 0)
		return 0;
	script_text(script, &text);
	script_free(script);
	listing_normalize(listing, &live);
	listing_normalize(text_get(&text), &again);
	if (strcmp(text_get(&live), text_get(&again)) == 0) {
		*ret = false;
		return 0;
	}
	text_free(&again);
	r = canonical_text(ctx, text_get(&text), &again, err);
	/* Our own text is refused where an editor's work makes it nonsense. */
	if (r == 0)
		*ret = strcmp(text_get(&live), text_get(&again)) != 0;
	return r == -EINVAL || r == -EEXIST ? 0 : r;
}

static int keep_listing(struct backend_ctx *ctx, const struct object *object, const char *listing,
			struct error *err)
{
	size_t size = strlen(listing) + 1;
	struct edited *edited = malloc(sizeof(*edited) + size);

	if (!edited)
		return error_set(err, ENOMEM, "out of memory");
	edited->object = object;
	memcpy(edited->listing, listing, size);
	edited->next = ctx->edited;
	ctx->edited = edited;
	return 0;
}

static int observe_place(struct backend_ctx *ctx, const char *place, struct model *have,
			 struct error *err)
{
	AUTO_TEXT struct text listing = { 0 };
	struct nft_table *table;
	struct object *object;
	struct nft_ctx *nft;
	bool found;
	int r;

	if (model_find(have, &class_nft_table, place, ctx->table))
		return 0;
	r = table_exists(ctx, place, &found, err);
	if (r < 0 || !found)
		return r;
	r = session_get(ctx->sessions, place, &nft, err);
	if (r >= 0)
		r = session_list(nft, ctx->table, &listing, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* gone meanwhile */
	object = model_add(have, &class_nft_table, place, ctx->table);
	table = object->data;
	nft_decode(table, text_get(&listing), model_arena(have));
	object->owner = place[0] || table->protocol ? OWNER_OURS : OWNER_FOREIGN;
	if (object->owner == OWNER_FOREIGN)
		return 0;
	r = table_is_altered(ctx, table, text_get(&listing), &table->altered, err);
	if (r >= 0 && table->altered)
		r = keep_listing(ctx, object, text_get(&listing), err);
	return r;
}

static int observe_named(struct backend_ctx *ctx, const char *place, struct model *have,
			 struct error *err)
{
	int r = observe_place(ctx, place, have, err);

	return r < 0 ? error_add_context(err, "%s/%s", place[0] ? place : "host", ctx->table) : 0;
}

/* Namespaces of ours, and those made elsewhere in which the file wants rules. */
static int nft_observe(struct backend_ctx *ctx, const struct model *want, struct model *have,
		       struct error *err)
{
	struct object **namespaces;
	const struct object *object;
	size_t i, n = 0;
	int r = observe_named(ctx, "", have, err);

	/* Adding to `have` moves its indexes. */
	namespaces = calloc(model_count(have) + 1, sizeof(struct object *));
	if (!namespaces)
		return error_set(err, ENOMEM, "out of memory");
	for (i = 0; i < model_count(have); i++)
		if (model_at(have, i)->class == &class_netns &&
		    model_at(have, i)->owner == OWNER_OURS)
			namespaces[n++] = model_at(have, i);
	for (i = 0; r >= 0 && i < n; i++)
		r = observe_named(ctx, namespaces[i]->name, have, err);
	free(namespaces);
	for (i = 0; r >= 0 && i < model_count(want); i++) {
		object = model_at(want, i);
		if (object->class == &class_nft_table)
			r = observe_named(ctx, object->place, have, err);
	}
	return r < 0 ? r : 0;
}

/*
 * Only for a live table that was found altered: a wanted one may stand where an object of an earlier observation stood
 * in memory.
 */
static const char *edited_listing(const struct backend_ctx *ctx, const struct object *object)
{
	const struct edited *edited;

	if (!((const struct nft_table *)object->data)->altered)
		return NULL;
	for (edited = ctx->edited; edited; edited = edited->next)
		if (edited->object == object)
			return edited->listing;
	return NULL;
}

/* The host's table carries the protocol number, whether the file's model knows it already or not. */
static int generate(const struct backend_ctx *ctx, const struct object *object, struct script **ret,
		    struct error *err)
{
	struct nft_table table = *(const struct nft_table *)object->data;

	if (!object->place[0] && table.protocol == 0)
		table.protocol = ctx->scope->protocol;
	return nft_generate(ret, object->name, &table, err);
}

/* Declaring the table first lets deleting it succeed where there is none. */
static void add_deletion(struct text *text, const char *table)
{
	text_add(text, "table inet %s\ndelete table inet %s\n", table, table);
}

static int replace_table(const struct backend_ctx *ctx, const struct change *change,
			 struct nft_ctx *nft, struct error *err)
{
	const struct object *want = change->want;
	const char *listing = want ? edited_listing(ctx, want) : NULL;
	AUTO_TEXT struct text text = { 0 };
	struct script *script;
	int r;

	add_deletion(&text, (want ? want : change->have)->name);
	if (listing) {
		text_add(&text, "%s", listing);
	} else if (want) {
		r = generate(ctx, want, &script, err);
		if (r < 0)
			return r;
		script_text(script, &text);
		script_free(script);
	}
	return session_run(nft, text_get(&text), err);
}

/* Adds and deletes elements if that is all there is to do. *done tells whether it did. */
static int change_elements(const struct backend_ctx *ctx, const struct change *change,
			   struct nft_ctx *nft, bool *done, struct error *err)
{
	const struct nft_table *want, *have;
	struct script *from = NULL, *to = NULL;
	AUTO_TEXT struct text text = { 0 };
	struct error ignored;
	int r = 0;

	assert(change->want && change->have); /* an update has both */
	want = change->want->data;
	have = change->have->data;
	*done = false;
	if (want->altered || have->altered || generate(ctx, change->have, &from, &ignored) < 0)
		return 0;
	r = generate(ctx, change->want, &to, err);
	if (r >= 0 && script_same_rules(from, to)) {
		script_element_changes(from, to, &text);
		/* If somebody else was quicker, replacing the table makes it right. */
		*done = text.length == 0 || session_run(nft, text_get(&text), &ignored) == 0;
	}
	script_free(from);
	script_free(to);
	return r;
}

static bool has_nf_tables(struct backend_ctx *ctx, const char *place)
{
	struct error ignored;
	struct search search = { .table = "" };
	int r = place_enter(ctx->places, place, &ignored);

	if (r < 0)
		return true;
	r = tables_read(search_table, &search, &ignored);
	place_leave(ctx->places);
	return r != -EOPNOTSUPP;
}

/* What the text of ours lacks can only be a part of the kernel: every name in it is its own. */
static int explain(struct backend_ctx *ctx, const struct change *change, int code,
		   struct error *err)
{
	const struct object *object = change->want ? change->want : change->have;
	struct error cause = *err;

	if (code == -EPERM || code == -ENOMEM)
		return code;
	if (!has_nf_tables(ctx, object->place))
		return error_set(
			err, EOPNOTSUPP,
			"this kernel has no nf_tables (CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET)");
	if (code == -ENOENT || code == -EOPNOTSUPP)
		return error_set(
			err, EOPNOTSUPP,
			"%s (this kernel lacks a part of nf_tables: nat, masquerade, fib or ct?)",
			cause.text);
	return code;
}

static int apply_one(struct backend_ctx *ctx, const struct change *change, struct error *err)
{
	const struct object *object = change->want ? change->want : change->have;
	struct nft_ctx *nft;
	bool done = false;
	int r = session_get(ctx->sessions, object->place, &nft, err);

	if (r == -ENOENT && !change->want)
		return 0; /* gone with its place */
	if (r < 0)
		return r;
	if (change->op == CHANGE_UPDATE)
		r = change_elements(ctx, change, nft, &done, err);
	if (r >= 0 && !done)
		r = replace_table(ctx, change, nft, err);
	return r < 0 ? explain(ctx, change, r, err) : 0;
}

static int nft_apply(struct backend_ctx *ctx, const struct change *const *changes, size_t n,
		     size_t *done, struct error *err)
{
	for (*done = 0; *done < n; ++*done) {
		const struct object *object =
			changes[*done]->want ? changes[*done]->want : changes[*done]->have;
		int r = apply_one(ctx, changes[*done], err);

		if (r < 0)
			return error_add_context(err, "%s/%s",
						 object->place[0] ? object->place : "host",
						 object->name);
	}
	return 0;
}

const struct backend backend_nft = {
	.name = "nft",
	.handles = nft_handles,
	.open = nft_open,
	.observe = nft_observe,
	.apply = nft_apply,
	.close = nft_close,
};
