/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/notifier/webhook/webhook.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_S 3600

uint32_t webhook_retry_after(const char *value, int64_t now_ms)
{
	size_t digits = strspn(value, "0123456789");
	int64_t seconds;
	time_t at;

	if (digits > 0 && value[digits] == '\0') {
		seconds = digits > 6 ? HOUR_S : strtol(value, NULL, 10);
	} else if (strpbrk(value, ":") != NULL) {
		at = curl_getdate(value, NULL);
		if (at == (time_t)-1)
			return 0;
		seconds = (int64_t)at - now_ms / 1000;
	} else {
		return 0;
	}
	if (seconds <= 0)
		return 0;
	return (uint32_t)(seconds > HOUR_S ? HOUR_S : seconds) * 1000u;
}
