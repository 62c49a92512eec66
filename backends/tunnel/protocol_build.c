/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding a note in an ELF file: elf(5). Only files of this machine's own kind are looked at.
 */
#include "backends/tunnel/protocol_build.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS_MAX 64
#define NOTES_MAX    4096

static size_t align4(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

static bool note_find(const uint8_t *notes, size_t length, char ret[WORKER_BUILD_SIZE])
{
	ElfW(Nhdr) note;
	size_t name, data;

	while (length >= sizeof(note)) {
		memcpy(&note, notes, sizeof(note));
		name = sizeof(note);
		if (note.n_namesz > length || note.n_descsz > length)
			return false;
		data = name + align4(note.n_namesz);
		if (data + note.n_descsz > length)
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    memcmp(notes + name, "GNU", sizeof("GNU")) == 0 &&
		    2 * note.n_descsz < WORKER_BUILD_SIZE) {
			for (size_t i = 0; i < note.n_descsz; i++)
				snprintf(ret + 2 * i, 3, "%02x", notes[data + i]);
			return true;
		}
		data += align4(note.n_descsz);
		if (data > length)
			return false;
		notes += data;
		length -= data;
	}
	return false;
}

static bool segment_search(int fd, const ElfW(Phdr) * segment, char ret[WORKER_BUILD_SIZE])
{
	uint8_t notes[NOTES_MAX];
	ssize_t n;

	if (segment->p_type != PT_NOTE || segment->p_filesz > sizeof(notes))
		return false;
	n = pread(fd, notes, segment->p_filesz, (off_t)segment->p_offset);
	return n > 0 && note_find(notes, (size_t)n, ret);
}

static void file_search(int fd, char ret[WORKER_BUILD_SIZE])
{
	const unsigned char expected[] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 };
	ElfW(Phdr) segments[SEGMENTS_MAX];
	ElfW(Ehdr) header;
	size_t size;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.e_ident, expected, sizeof(expected)) != 0 ||
	    header.e_phentsize != sizeof(segments[0]) || header.e_phnum > SEGMENTS_MAX)
		return;
	size = header.e_phnum * sizeof(segments[0]);
	if (pread(fd, segments, size, (off_t)header.e_phoff) != (ssize_t)size)
		return;
	for (unsigned i = 0; i < header.e_phnum; i++)
		if (segment_search(fd, &segments[i], ret))
			return;
}

void worker_build_read(const char *program, char ret[WORKER_BUILD_SIZE])
{
	int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	ret[0] = '\0';
	if (fd < 0)
		return;
	file_search(fd, ret);
	close(fd);
}
