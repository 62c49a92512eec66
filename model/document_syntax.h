/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells what libyaml found wrong in the words of somebody who writes a topology, with the usual way out. */
#ifndef MODEL_DOCUMENT_SYNTAX_H
#define MODEL_DOCUMENT_SYNTAX_H

#include "model/diag.h"
#include "model/document_text.h"

struct yaml_parser_s;

/* Reports the error that stopped the parser. */
void document_syntax_error(const struct yaml_parser_s *yaml, const struct document_text *text,
			   struct diag *diag);

#endif
