/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a test in a child with a mount namespace of its own, where it may mount what it likes. Skipped without the right
 * to one.
 */
#ifndef TESTS_NAMESPACE_H
#define TESTS_NAMESPACE_H

#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NO_NAMESPACE = 99,
};

/* In place of the macros of cmocka, which cannot fail from a child. */
#define EXPECT(condition)                                                                                              \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			return __LINE__;                                                                               \
	} while (0)

/* `test` returns 0, or the line where it failed. */
static inline void in_namespace(int (*test)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		bool own = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
		int line = own ? test() : 0;
		if (line != 0)
			print_error("failed at line %d\n", line);
		_exit(own ? line != 0 : NO_NAMESPACE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE) {
		print_message("no right to make a mount namespace: skipped\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
