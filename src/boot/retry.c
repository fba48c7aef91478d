/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Back-off: failures that pass by themselves are tried again each second for the first minute, then every 5 s, so that
 * a target that comes back is found at once; failures someone must repair start at 5 s and grow to 30 s. A quarter of
 * each delay is spread by the attempt's time so that many machines do not knock together. Urgent ones come a little
 * sooner, so that what is back is in use within 1 s, after the first minute within 5 s; theirs is the time between two
 * beginnings, since an attempt that nobody answers lasts as long as the delay.
 */
#include "boot/retry.h"

#include "boot/log.h"

enum {
	SOON_MS = 1000,
	SOON_LATER_MS = 5000,
	URGENT_MS = 700,
	URGENT_LATER_MS = 4000,
	URGENT_LEAST_MS = 100,
	LATER_AFTER_MS = 75000, /* a minute, and what a target needs to start */
	SLOW_FIRST_MS = 5000,
	SLOW_MAX_MS = 30000,
	TELL_FIRST_MS = 5000,
	TELL_MAX_MS = 30000,
	TELL_URGENT_MAX_MS = 600000,
};

static int64_t slow_delay_ms(unsigned n_failed)
{
	int64_t delay_ms = SLOW_FIRST_MS;
	for (unsigned i = 1; i < n_failed && delay_ms < SLOW_MAX_MS; i++)
		delay_ms *= 2;
	return delay_ms < SLOW_MAX_MS ? delay_ms : SLOW_MAX_MS;
}

bool retry_is_late(const struct retry *retry, int64_t now_ms)
{
	return retry->n_failed > 0 && now_ms - retry->since_ms > LATER_AFTER_MS;
}

static int64_t delay_ms(const struct retry *retry, enum fail_retry rule, int64_t now_ms)
{
	bool later = retry_is_late(retry, now_ms);
	int64_t whole_ms = later ? SOON_LATER_MS : SOON_MS;
	if (retry->urgent)
		whole_ms = later ? URGENT_LATER_MS : URGENT_MS;
	else if (rule == RETRY_SLOW)
		whole_ms = slow_delay_ms(retry->n_failed);
	int64_t quarter_ms = whole_ms / 4;
	return whole_ms - quarter_ms + now_ms % (quarter_ms + 1);
}

static int64_t next_ms(const struct retry *retry, enum fail_retry rule, int64_t now_ms)
{
	int64_t delay = delay_ms(retry, rule, now_ms);
	int64_t spent_ms = retry->urgent ? now_ms - retry->begun_ms : 0;
	return now_ms + (delay - spent_ms > URGENT_LEAST_MS ? delay - spent_ms : URGENT_LEAST_MS);
}

static void tell_again(struct retry *retry, int64_t now_ms, const char *what, const struct fail *fail)
{
	log_wait("%s: %s, trying again in %.1f s (attempt %u, waiting %lld s) [%s]", what,
		 fail_lookup(fail->code)->cause, (double)(retry->next_ms - now_ms) / 1000, retry->n_failed + 1,
		 (long long)(now_ms - retry->since_ms) / 1000, fail_lookup(fail->code)->id);
	retry->told_ms = now_ms;
}

/* How much longer than the last time until the next line. */
static void tell_seldomer(struct retry *retry)
{
	int64_t most_ms = retry->urgent ? TELL_URGENT_MAX_MS : TELL_MAX_MS;
	retry->tell_after_ms *= 2;
	if (retry->tell_after_ms > most_ms)
		retry->tell_after_ms = most_ms;
}

bool retry_failed(struct retry *retry, int64_t now_ms, const char *what, const struct fail *fail)
{
	enum fail_retry rule = retry->urgent ? RETRY_SOON : fail_lookup(fail->code)->retry;
	bool is_first = retry->n_failed == 0;
	bool is_due = !is_first && now_ms - retry->told_ms >= retry->tell_after_ms;
	bool is_new = is_first || (retry->code != fail->code && (is_due || !retry->urgent));
	if (is_first)
		retry->since_ms = now_ms;
	retry->n_failed++;
	retry->code = fail->code;
	retry->next_ms = rule == RETRY_NEVER ? INT64_MAX : next_ms(retry, rule, now_ms);
	if (is_new)
		log_fail(fail);
	if (is_first || (is_new && !retry->urgent))
		retry->tell_after_ms = TELL_FIRST_MS;
	else if (is_due)
		tell_seldomer(retry);
	if (rule != RETRY_NEVER && (is_new || is_due))
		tell_again(retry, now_ms, what, fail);
	return rule != RETRY_NEVER;
}

void retry_reset(struct retry *retry)
{
	*retry = (struct retry){.urgent = retry->urgent};
}
