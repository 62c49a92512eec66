/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From -f and include to one tree: read and parse the files of each -f, resolve variables, join the files of
 * one -f, lay each -f over those before it.
 */
#include "model/document.h"

#include "model/document_files.h"
#include "model/document_merge.h"
#include "model/document_parse.h"
#include "model/document_variables.h"
#include "model/digest.h"
#include "model/text.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#define TOTAL_MAX	  (64U << 20) /* bytes of all files together */
#define INCLUDE_DEPTH_MAX 32

struct document {
	struct arena *arena;
	const struct node *root;
	struct document_input *inputs;
	size_t n_inputs;
};

/* A file of a layer. */
struct loaded {
	struct loaded *next;
	dev_t device;
	ino_t inode;
	const char *name;
	struct node *tree; /* without include and vars; NULL: could not be read */
	bool is_open;	   /* its includes are being read */
};

/* What one -f brings: files that form one tree. */
struct layer {
	struct layer *next;
	struct loaded *first, *last;
	const struct node *vars;
};

struct loader {
	struct document *document;
	struct arena *arena; /* the document's */
	struct diag *diag;
	struct document_variables *variables;
	struct layer *layers, *last_layer;
	size_t budget; /* nodes that aliases may add */
	size_t total;  /* bytes read */
	unsigned depth;
};

static int load_path(struct loader *loader, struct layer *layer, const char *path,
		     const struct node *include, struct error *err);

static struct layer *add_layer(struct loader *loader)
{
	struct layer *layer = ARENA_NEW(loader->arena, struct layer);

	if (loader->last_layer)
		loader->last_layer->next = layer;
	else
		loader->layers = layer;
	loader->last_layer = layer;
	return layer;
}

static void add_input(struct loader *loader, const struct document_file *file)
{
	struct document *document = loader->document;
	uint8_t digest[DIGEST_SIZE];
	struct document_input *input;

	if ((document->n_inputs & (document->n_inputs - 1)) == 0) {
		size_t room = document->n_inputs ? 2 * document->n_inputs : 1;
		struct document_input *inputs = arena_alloc(loader->arena, room * sizeof(*inputs));

		if (document->n_inputs)
			memcpy(inputs, document->inputs, document->n_inputs * sizeof(*inputs));
		document->inputs = inputs;
	}
	input = &document->inputs[document->n_inputs++];
	input->path = file->name;
	digest_sha256(file->text, file->length, digest);
	digest_hex(digest, DIGEST_SIZE, input->sha256);
}

/* The tree of a file's text; NULL after an error that was reported. */
static struct node *parse_file(struct loader *loader, const struct document_file *file)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t skip = file->length >= 3 && !memcmp(file->text, bom, 3) ? 3 : 0;
	struct document_text text;

	add_input(loader, file);
	diag_add_source(loader->diag, file->name, file->text + skip, file->length - skip);
	document_text_init(&text, file->name, file->text + skip, file->length - skip,
			   loader->arena);
	return document_parse(&text, loader->arena, &loader->budget, loader->diag);
}

/* Takes a key out of a map; NULL: it is not there. */
static struct node *detach(struct node *map, const char *key)
{
	struct node *child, *before = NULL;

	for (child = map->first; child; before = child, child = child->next) {
		if (strcmp(child->key, key) != 0)
			continue;
		if (before)
			before->next = child->next;
		else
			map->first = child->next;
		if (map->last == child)
			map->last = before;
		map->count--;
		child->next = NULL;
		return child;
	}
	return NULL;
}

static int include_one(struct loader *loader, struct layer *layer, const struct loaded *from,
		       const struct node *include, struct error *err)
{
	struct document_paths paths;
	size_t i;
	int result;

	if (include->kind != NODE_SCALAR || !include->text[0]) {
		diag_error(loader->diag, &include->position, "expected a file name or pattern");
		return 0;
	}
	if (strstr(include->text, "${")) {
		diag_error(loader->diag, &include->position,
			   "include takes no variables: they are known only after it");
		return 0;
	}
	result = document_pattern_list(&paths, include->text, from->name, loader->arena, err);
	if (result)
		return result;
	if (!paths.n && document_is_pattern(include->text))
		diag_warning(loader->diag, &include->position, "no file matches %s", include->text);
	else if (!paths.n)
		diag_error(loader->diag, &include->position, "there is no file %s", include->text);
	for (i = 0; i < paths.n; i++) {
		result = load_path(loader, layer, paths.paths[i], include, err);
		if (result)
			return result;
	}
	return 0;
}

static int include_all(struct loader *loader, struct layer *layer, struct loaded *from,
		       const struct node *include, struct error *err)
{
	const struct node *child;
	int result = 0;

	if (!include || node_is_null(include))
		return 0;
	if (loader->depth == INCLUDE_DEPTH_MAX) {
		diag_error(loader->diag, &include->position, "files include each other %d deep",
			   INCLUDE_DEPTH_MAX);
		return 0;
	}
	loader->depth++;
	from->is_open = true;
	if (include->kind != NODE_LIST)
		result = include_one(loader, layer, from, include, err);
	for (child = include->kind == NODE_LIST ? include->first : NULL; child && !result;
	     child = child->next)
		result = include_one(loader, layer, from, child, err);
	from->is_open = false;
	loader->depth--;
	return result;
}

/* The same file, by whatever path, is read once in a layer. */
static struct loaded *find_loaded(const struct layer *layer, const struct document_file *file)
{
	struct loaded *loaded;

	for (loaded = layer->first; loaded; loaded = loaded->next)
		if (loaded->device == file->device && loaded->inode == file->inode)
			return loaded;
	return NULL;
}

static struct loaded *add_loaded(struct loader *loader, struct layer *layer,
				 const struct document_file *file)
{
	struct loaded *loaded = ARENA_NEW(loader->arena, struct loaded);

	loaded->device = file->device;
	loaded->inode = file->inode;
	loaded->name = file->name;
	if (layer->last)
		layer->last->next = loaded;
	else
		layer->first = loaded;
	layer->last = loaded;
	return loaded;
}

/* Parses into a new file of the layer; *include gets what it includes, NULL: nothing. */
static struct loaded *load_text(struct loader *loader, struct layer *layer,
				const struct document_file *file, const struct node **include)
{
	struct loaded *loaded = add_loaded(loader, layer, file);
	struct node *vars;

	*include = NULL;
	loaded->tree = parse_file(loader, file);
	if (!loaded->tree)
		return loaded;
	*include = detach(loaded->tree, "include");
	vars = detach(loaded->tree, "vars");
	if (vars && vars->kind != NODE_MAP && !node_is_null(vars))
		diag_error(loader->diag, &vars->position, "expected a map of variables");
	else if (vars && vars->kind == NODE_MAP)
		layer->vars = document_merge(layer->vars, vars, DOCUMENT_JOIN, loader->arena,
					     loader->diag);
	return loaded;
}

/*
 * One file and what it includes. include: what asked for it, then it is a mistake of that file if it cannot be
 * read; NULL: the command line.
 */
static int load_path(struct loader *loader, struct layer *layer, const char *path,
		     const struct node *include, struct error *err)
{
	struct document_file file;
	struct loaded *loaded;
	int result = document_file_read(&file, path, loader->arena, err);

	if (result && include) {
		diag_error(loader->diag, &include->position, "%s", err->text);
		return 0;
	}
	if (result)
		return result;
	loaded = find_loaded(layer, &file);
	if (loaded) {
		if (loaded->is_open && include)
			diag_error(loader->diag, &include->position,
				   "%s is included by a file that it includes", path);
		return 0;
	}
	loader->total += file.length;
	if (loader->total > TOTAL_MAX)
		return error_set(err, EFBIG, "all files together are larger than %u MiB",
				 TOTAL_MAX >> 20);
	loaded = load_text(loader, layer, &file, &include);
	return include_all(loader, layer, loaded, include, err);
}

/* One -f. */
static int load_layer(struct loader *loader, const char *path, struct error *err)
{
	struct layer *layer = add_layer(loader);
	struct document_paths paths;
	size_t i;
	int result;

	if (!document_is_directory(path))
		return load_path(loader, layer, path, NULL, err);
	result = document_directory_list(&paths, path, loader->arena, err);
	for (i = 0; !result && i < paths.n; i++)
		result = load_path(loader, layer, paths.paths[i], NULL, err);
	return result;
}

static int load_variable_file(struct loader *loader, const char *path, struct error *err)
{
	struct document_file file;
	int result = document_file_read(&file, path, loader->arena, err);
	struct node *map;

	if (result)
		return result;
	map = parse_file(loader, &file);
	if (map)
		document_variables_add_map(loader->variables, map);
	return 0;
}

/* vars of the files, then --var-file, then single variables: the later wins. */
static int define_variables(struct loader *loader, const struct document_options *options,
			    struct error *err)
{
	const struct node *vars = NULL;
	const struct layer *layer;
	size_t i;
	int result;

	for (layer = loader->layers; layer; layer = layer->next)
		vars = document_merge(vars, layer->vars, DOCUMENT_OVERLAY, loader->arena,
				      loader->diag);
	if (vars)
		document_variables_add_map(loader->variables, vars);
	for (i = 0; i < options->n_variable_files; i++) {
		result = load_variable_file(loader, options->variable_files[i], err);
		if (result)
			return result;
	}
	for (i = 0; i < options->n_variables; i++)
		document_variables_add(loader->variables, &options->variables[i]);
	return 0;
}

static void merge_layers(struct loader *loader)
{
	const struct node *root = NULL;
	const struct layer *layer;
	const struct loaded *file;

	for (layer = loader->layers; layer; layer = layer->next) {
		const struct node *joined = NULL;

		for (file = layer->first; file; file = file->next) {
			if (!file->tree)
				continue;
			document_variables_apply(loader->variables, file->tree);
			joined = document_merge(joined, file->tree, DOCUMENT_JOIN, loader->arena,
						loader->diag);
		}
		root = document_merge(root, joined, DOCUMENT_OVERLAY, loader->arena, loader->diag);
	}
	loader->document->root = root ? root : node_new(loader->arena, NODE_MAP);
}

static void loader_init(struct loader *loader, struct diag *diag)
{
	struct arena *arena = arena_new();
	struct document *document = ARENA_NEW(arena, struct document);

	document->arena = arena;
	*loader = (struct loader){
		.document = document,
		.arena = arena,
		.diag = diag,
		.variables = document_variables_new(arena, diag),
		.budget = DOCUMENT_ALIAS_MAX,
	};
}

/* Hands the document over, or frees it where anything was wrong. */
static int loader_finish(struct loader *loader, int result, size_t errors_before,
			 struct document **ret, struct error *err)
{
	document_variables_free(loader->variables);
	if (!result && diag_met(loader->diag) > errors_before)
		result = error_set(err, EBADMSG, "the topology has mistakes");
	if (result)
		document_free(loader->document);
	else
		*ret = loader->document;
	return result;
}

int document_load(struct document **ret, const struct document_options *options, struct diag *diag,
		  struct error *err)
{
	size_t errors_before = diag_met(diag), i;
	struct loader loader;
	int result = 0;

	loader_init(&loader, diag);
	for (i = 0; i < options->n_files && !result; i++)
		result = load_layer(&loader, options->files[i], err);
	if (!result)
		result = define_variables(&loader, options, err);
	if (!result) {
		merge_layers(&loader);
		document_variables_check_used(loader.variables);
	}
	return loader_finish(&loader, result, errors_before, ret, err);
}

int document_load_text(struct document **ret, const char *name, const char *text, size_t length,
		       struct diag *diag, struct error *err)
{
	static const struct document_options no_options;
	size_t errors_before = diag_met(diag);
	struct document_file file = { .length = length };
	const struct node *include;
	struct loader loader;
	int result;

	loader_init(&loader, diag);
	file.name = arena_strdup(loader.arena, name);
	if (length > DOCUMENT_FILE_MAX) {
		result = error_set(err, EFBIG, "%s: larger than %u MiB", name,
				   DOCUMENT_FILE_MAX >> 20);
		return loader_finish(&loader, result, errors_before, ret, err);
	}
	file.text = arena_strndup(loader.arena, text, length);
	load_text(&loader, add_layer(&loader), &file, &include);
	if (include)
		diag_error(diag, &include->key_position, "include is not possible here");
	result = define_variables(&loader, &no_options, err);
	if (!result)
		merge_layers(&loader);
	return loader_finish(&loader, result, errors_before, ret, err);
}

void document_free(struct document *document)
{
	if (document)
		arena_free(document->arena);
}

const struct node *document_root(const struct document *document)
{
	return document->root;
}

size_t document_inputs(const struct document *document, const struct document_input **ret)
{
	*ret = document->inputs;
	return document->n_inputs;
}

/* A map without one of its keys, sharing the children. */
static struct node *without(const struct node *map, const char *key, struct arena *arena)
{
	struct node *copy = node_new(arena, NODE_MAP);
	const struct node *child;

	copy->position = map->position;
	NODE_FOR_EACH (child, map) {
		if (strcmp(child->key, key) != 0)
			node_append(copy, document_share(child, arena));
	}
	return copy;
}

struct node *document_for_host(const struct document *document, const char *host,
			       struct arena *arena, struct diag *diag)
{
	const struct node *hosts = node_find(document->root, "hosts");
	const struct node *own = host ? node_find(hosts, host) : NULL;
	struct node *top = without(document->root, "hosts", arena);

	if (own && own->kind == NODE_MAP)
		top = document_share(document_merge(top, without(own, "hosts", arena),
						    DOCUMENT_HOST, arena, diag),
				     arena);
	if (hosts)
		node_append(top, document_share(hosts, arena));
	return top;
}
