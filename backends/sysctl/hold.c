/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record is written before the value, and goes after the original is back: a run that is killed in between leaves
 * a record that says too much, never a value that nobody knows the original of.
 */
#include "backends/sysctl/hold.h"

#include "backends/sysctl/value.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>

void holdings_forget(struct holdings *holdings, const struct undo_record *record)
{
	size_t i;

	for (i = 0; i < holdings->n && holdings->records[i] != record; i++)
		;
	if (i < holdings->n)
		holdings->records[i] = holdings->records[--holdings->n];
}

bool holdings_is_present(const struct undo_record *record)
{
	return record->ifindex == value_ifindex(record->path);
}

struct undo_record *holdings_find(const struct holdings *holdings, uint64_t cookie,
				  const char *path)
{
	size_t i;

	for (i = 0; i < holdings->n; i++)
		if (holdings->records[i]->cookie == cookie &&
		    strcmp(holdings->records[i]->path, path) == 0 &&
		    holdings_is_present(holdings->records[i]))
			return holdings->records[i];
	return NULL;
}

/* A look at the keys of all interfaces, which follow the one that the record is of. */
struct survey {
	const struct undo_record *record;
	struct undo_record *ret; /* gets the values that differ from the record's original */
	struct arena *arena;
};

static int note_before(void *data, const char *path, struct error *err)
{
	struct survey *survey = data;
	AUTO_TEXT struct text value = { 0 };
	int r = value_read(path, &value, err);

	if (r >= 0 && strcmp(text_get(&value), survey->record->original) != 0)
		record_add_spread(survey->ret, path, text_get(&value), survey->arena);
	return r == -ENOENT ? 0 : r; /* an interface that has just gone */
}

static const char *spread_original(const struct undo_record *record, const char *path)
{
	size_t i;

	for (i = 0; i < record->n_spread; i++)
		if (strcmp(record->spread[i].name, path) == 0)
			return record->spread[i].value;
	return record->original;
}

/* What the key was before another one of ours, which is recorded too, was spread over it. */
static const char *original_value(const struct holdings *holdings, uint64_t cookie,
				  const char *path, const char *current)
{
	size_t i;

	for (i = 0; i < holdings->n; i++)
		if (holdings->records[i]->cookie == cookie &&
		    strcmp(holdings->records[i]->written, current) == 0 &&
		    value_is_spread(holdings->records[i]->path, path))
			return spread_original(holdings->records[i], path);
	return current;
}

static int new_record(struct holdings *holdings, uint64_t cookie, const char *place,
		      const char *path, const char *current, struct undo_record **ret,
		      struct error *err)
{
	struct undo_record *record = ARENA_NEW(holdings->arena, struct undo_record);
	struct survey survey = { record, record, holdings->arena };

	record->cookie = cookie;
	record->place = arena_strdup(holdings->arena, place);
	record->path = path;
	record->ifindex = value_ifindex(path);
	record->original =
		arena_strdup(holdings->arena, original_value(holdings, cookie, path, current));
	record->written = record->original;
	*ret = record;
	return value_each_spread(path, note_before, &survey, err);
}

static void keep_record(struct holdings *holdings, struct undo_record *record)
{
	struct undo_record **more =
		arena_alloc(holdings->arena, (holdings->n + 1) * sizeof(struct undo_record *));

	if (holdings->n)
		memcpy(more, holdings->records, holdings->n * sizeof(struct undo_record *));
	more[holdings->n++] = record;
	holdings->records = more;
}

/* An interface that no longer has what we wrote was set by somebody else: it keeps its value. */
static int note_after(void *data, const char *path, struct error *err)
{
	struct survey *survey = data;
	const struct undo_record *record = survey->record;
	AUTO_TEXT struct text value = { 0 };
	const char *wanted;
	int r = value_read(path, &value, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	wanted = text_get(&value);
	if (strcmp(wanted, record->written) == 0)
		wanted = spread_original(record, path);
	if (strcmp(wanted, record->original) != 0)
		record_add_spread(survey->ret, path, wanted, survey->arena);
	return 0;
}

/* The original, and with it what the first write overwrote. */
static int restore(struct holdings *holdings, const struct undo_record *record, struct error *err)
{
	struct undo_record interfaces = { 0 };
	struct survey survey = { record, &interfaces, holdings->arena };
	size_t i;
	int r = value_each_spread(record->path, note_after, &survey, err);

	if (r >= 0)
		r = value_write(record->path, record->original, err);
	for (i = 0; r >= 0 && i < interfaces.n_spread; i++) {
		r = value_write(interfaces.spread[i].name, interfaces.spread[i].value, err);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* The value of the holder that is left, or the original; nothing where somebody else changed it. */
static int let_go(struct holdings *holdings, struct undo_record *record, bool stays,
		  struct error *err)
{
	const char *topology = holdings->topology;
	AUTO_TEXT struct text current = { 0 };
	bool unchanged;
	struct error ignored;
	int r = value_read(record->path, &current, err);

	if (r < 0 && r != -ENOENT)
		return r;
	unchanged = r == 0 && strcmp(text_get(&current), record->written) == 0;
	r = 0;
	if (record->n_owners > 1) {
		record_remove_owner(record, topology);
		if (unchanged)
			record->written = record->owners[record->n_owners - 1].value;
		r = record_save(record, err);
		if (r >= 0 && unchanged && strcmp(text_get(&current), record->written) != 0)
			r = value_write(record->path, record->written, err);
		return r;
	}
	if (unchanged && !stays && strcmp(text_get(&current), record->original) != 0)
		r = restore(holdings, record, err);
	if (r < 0)
		return r;
	r = record_remove(record, err);
	if (r >= 0)
		holdings_forget(holdings, record);
	else if (unchanged) /* all or nothing */
		(void)!value_write(record->path, record->written, &ignored);
	return r;
}

int holdings_release(struct holdings *holdings, const char *path, bool stays, struct error *err)
{
	struct undo_record *record;
	uint64_t cookie;
	int r = record_cookie(&cookie, err);

	if (r < 0)
		return r;
	record = holdings_find(holdings, cookie, path);
	if (!record || !record_owner(record, holdings->topology))
		return 0;
	if (holdings_is_present(record))
		return let_go(holdings, record, stays, err);
	r = record_remove(record, err);
	if (r >= 0)
		holdings_forget(holdings, record);
	return r;
}

/* The kernel may take another value than it was given; then the next run would find a difference again. */
static int write_checked(const char *path, const char *value, const char *current,
			 struct error *err)
{
	AUTO_TEXT struct text after = { 0 };
	struct error ignored;
	int r = value_write(path, value, err);

	if (r >= 0)
		r = value_read(path, &after, err);
	if (r < 0 || strcmp(text_get(&after), value) == 0)
		return r;
	(void)value_write(path, current, &ignored);
	return error_set(err, EINVAL, "the kernel makes '%s' of '%s'", text_get(&after), value);
}

int holdings_hold(struct holdings *holdings, const char *place, const char *path, const char *value,
		  struct error *err)
{
	AUTO_TEXT struct text current = { 0 };
	struct undo_record *record, before;
	struct error ignored;
	uint64_t cookie;
	bool is_new;
	int r = value_read(path, &current, err);

	if (r >= 0)
		r = record_cookie(&cookie, err);
	if (r < 0)
		return r;
	record = holdings_find(holdings, cookie, path);
	if (record && !holdings_is_present(record)) {
		holdings_forget(holdings, record);
		record = NULL;
	}
	is_new = !record;
	if (is_new)
		r = new_record(holdings, cookie, place, path, text_get(&current), &record, err);
	if (r < 0)
		return r;
	before = *record;
	before.owners = arena_memdup(holdings->arena, record->owners,
				     record->n_owners * sizeof(*record->owners));
	record_add_owner(record, holdings->topology, value, holdings->arena);
	record->written = arena_strdup(holdings->arena, value);
	r = record_save(record, err);
	if (r >= 0 && strcmp(text_get(&current), value) != 0)
		r = write_checked(path, value, text_get(&current), err);
	if (r >= 0) {
		if (is_new)
			keep_record(holdings, record);
		return 0;
	}
	*record = before;
	(void)(is_new ? record_remove(record, &ignored) : record_save(record, &ignored));
	return r;
}
