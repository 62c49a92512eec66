/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backends/tunnel/worker/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#define TEXT_LENGTH (WORKER_KEY_TEXT - 1u)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void key_format(const uint8_t key[CRYPTO_KEY_SIZE], char ret[WORKER_KEY_TEXT])
{
	uint32_t bits = 0;
	unsigned count = 0, length = 0;

	for (unsigned i = 0; i < CRYPTO_KEY_SIZE; i++) {
		bits = bits << 8 | key[i];
		for (count += 8; count >= 6; count -= 6)
			ret[length++] = alphabet[bits >> (count - 6) & 63];
	}
	ret[length++] = alphabet[bits << (6 - count) & 63];
	ret[length++] = '=';
	ret[length] = '\0';
}

/* 43 digits of 6 bits are 258: the last two are zero, so that each key has one text. */
bool key_parse(const char *text, uint8_t ret[CRYPTO_KEY_SIZE])
{
	unsigned count = 0, length = 0;
	const char *digit;
	uint32_t bits = 0;

	if (strlen(text) != TEXT_LENGTH || text[TEXT_LENGTH - 1] != '=')
		return false;
	for (unsigned i = 0; i < TEXT_LENGTH - 1; i++) {
		digit = strchr(alphabet, text[i]);
		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			ret[length++] = (uint8_t)(bits >> count);
		}
	}
	return (bits & 3) == 0;
}

static int file_check(int fd, const char *path, struct failure *failure)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return failure_set_errno(failure, errno, "key file %s", path);
	if (!S_ISREG(status.st_mode))
		return failure_set(failure, EINVAL, "key file %s: not a regular file", path);
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return failure_set(failure, EPERM,
				   "key file %s: belongs to user %u, expected root or user %u",
				   path, status.st_uid, geteuid());
	if (status.st_mode & 077)
		return failure_set(failure, EPERM,
				   "key file %s: others have access to it (mode %04o), expected "
				   "chmod 600 and a new key",
				   path, status.st_mode & 07777);
	return 0;
}

int key_file_read(const char *path, uint8_t ret[CRYPTO_KEY_SIZE], struct failure *failure)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	char text[128];
	ssize_t n;

	if (fd < 0)
		return failure_set_errno(failure, errno, "key file %s", path);
	r = file_check(fd, path, failure);
	n = r < 0 ? r : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (r < 0)
		return r;
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (!key_parse(text, ret))
		r = failure_set(failure, EINVAL,
				"key file %s: expected one line with a key in base64", path);
	crypto_wipe(text, sizeof(text));
	return r;
}

int key_file_write(const char *path, const uint8_t key[CRYPTO_KEY_SIZE], struct failure *failure)
{
	char text[WORKER_KEY_TEXT + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t n;

	if (fd < 0 && errno == EEXIST)
		return failure_set(failure, EEXIST,
				   "%s: exists; another key needs another name, or remove it first",
				   path);
	if (fd < 0)
		return failure_set_errno(failure, errno, "%s", path);
	key_format(key, text);
	strcat(text, "\n");
	n = write(fd, text, WORKER_KEY_TEXT);
	crypto_wipe(text, sizeof(text));
	if (n == WORKER_KEY_TEXT && fsync(fd) == 0 && close(fd) == 0)
		return 0;
	unlink(path);
	return failure_set(failure, EIO, "%s: cannot be written", path);
}
