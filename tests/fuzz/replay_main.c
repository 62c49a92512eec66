/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives every file named on the command line to a fuzz target, so that a corpus is replayed with
 * any compiler. The empty input comes first, always. A crash or a sanitizer's report is the
 * failure; the last file named in the output is the one that caused it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The entry point of libFuzzer (llvm.org/docs/LibFuzzer.html), which each fuzz_*.c defines. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	INPUT_MAX = 8 << 20,
	INPUT_SECONDS = 10,
};

/* In a buffer of exactly the input's size, so that AddressSanitizer sees a read past its end. */
static void replay(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	alarm(INPUT_SECONDS);
	LLVMFuzzerTestOneInput(copy, size);
	alarm(0);
	free(copy);
}

static int replay_file(const char *path)
{
	static uint8_t buffer[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t size;

	printf("%s\n", path);
	fflush(stdout);
	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	replay(buffer, size);
	return 0;
}

int main(int argc, char **argv)
{
	replay(NULL, 0);
	for (int i = 1; i < argc; i++) {
		if (replay_file(argv[i]) < 0)
			return 1;
	}
	printf("ok replays its corpus of %d inputs\n", argc - 1);
	return 0;
}
