/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings for people and for machines. */
#include "cmd/doctor/doctor.h"

#include "cmd/output_rows.h"

#include "model/cleanup.h"
#include "model/text.h"

#include <string.h>

#define WIDTH 96

/* Words of a paragraph, in lines of WIDTH, all but the first of them after `indent` blanks. */
static void print_wrapped(FILE *file, const char *text, size_t length, int indent, int column)
{
	while (length) {
		size_t word = strcspn(text, " \n");

		word = word < length ? word : length;
		if (column > indent && column + 1 + (int)word > WIDTH) {
			fprintf(file, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', file);
			column++;
		}
		output_safe(file, text, word);
		column += (int)word;
		text += word;
		length -= word;
		if (length) {
			text++;
			length--;
		}
	}
	fputc('\n', file);
}

/* A command stays in one line, to be copied. */
static void print_fix(FILE *file, const struct finding *finding, int indent)
{
	fprintf(file, "%*sFix: ", indent, "");
	output_safe(file, finding->fix, strlen(finding->fix));
	fputc('\n', file);
}

void findings_print_warnings(FILE *file, const struct findings *findings, bool color)
{
	size_t i;

	if (!findings->list.n)
		return;
	fputc('\n', file);
	for (i = 0; i < findings->list.n; i++) {
		const struct finding *finding = list_item(&findings->list, &record_finding, i);
		int indent = 6 + (int)strlen(finding->row->code);

		fprintf(file, "  %s! %s%s  ", output_style(STYLE_WARN, color), finding->row->code,
			output_plain(color));
		print_wrapped(file, finding->message, strlen(finding->message), indent, indent);
		print_fix(file, finding, indent);
	}
	fputs("  (vnetapply doctor CODE tells more)\n", file);
}

void findings_print(FILE *file, const struct findings *findings, bool color)
{
	size_t n = findings->list.n, i;

	for (i = 0; i < n; i++) {
		const struct finding *finding = list_item(&findings->list, &record_finding, i);
		AUTO_TEXT struct text position = { 0 };

		position_inline(&finding->position, &position);
		fprintf(file, "%s%s%s  %s%s%s\n  ", output_style(STYLE_WARN, color),
			finding->row->code, output_plain(color), finding->row->title,
			position.length ? "  " : "", text_get(&position));
		print_wrapped(file, finding->message, strlen(finding->message), 2, 2);
		print_fix(file, finding, 2);
		fputc('\n', file);
	}
	if (n)
		fprintf(file, "%zu found  (vnetapply doctor CODE tells more)\n", n);
	else
		fputs("nothing found\n", file);
}

void findings_add_nodes(const struct findings *findings, struct node *list, struct arena *arena)
{
	size_t i;

	for (i = 0; i < findings->list.n; i++) {
		const struct finding *finding = list_item(&findings->list, &record_finding, i);
		struct node *map = node_append(list, node_new(arena, NODE_MAP)), *source;

		node_set_text(arena, map, "code", finding->row->code);
		node_set_text(arena, map, "message", finding->message);
		node_set_text(arena, map, "address", finding->address);
		node_set_text(arena, map, "fix", finding->fix);
		node_set_text(arena, map, "doc", "vnetapply(8)");
		if (!finding->position.file)
			continue;
		source = node_child(arena, map, "source", NODE_MAP);
		node_set_text(arena, source, "file", finding->position.file);
		node_set_number(arena, source, "line", finding->position.line);
		node_set_number(arena, source, "column", finding->position.column);
	}
}

void finding_row_explain(FILE *file, const struct finding_row *row)
{
	const char *text = row->explanation;

	fprintf(file, "%s: %s\n", row->code, row->title);
	while (*text) {
		size_t length = strcspn(text, "\n");

		fputs("\n  ", file);
		print_wrapped(file, text, length, 2, 2);
		text += length + (text[length] == '\n');
	}
}
