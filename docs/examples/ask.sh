#!/usr/bin/env bash
# Asks the studio about a clip, with curl and jq:  ask.sh CLIP [TASK]
# CRAB_STUDIO is its address, CRAB_ACCESS_KEY its key if it has one.
set -euo pipefail

clip=$1 task=${2:-ave} studio=${CRAB_STUDIO:-http://127.0.0.1:5187}

# A refusal is a JSON object whose “detail” is one plain line.
call() {
  curl -sS --fail-with-body ${CRAB_ACCESS_KEY:+-H "Authorization: Bearer $CRAB_ACCESS_KEY"} "$@" || {
    echo >&2
    return 1
  }
}
refuse() { jq -r .detail <<<"$1" >&2; exit 1; }

# The clip goes up as a multipart form; a session is about one clip or several; the answer grows by itself.
taken=$(call -F "file=@$clip" "$studio/api/clips") || refuse "$taken"
jq -r '"clip \(.fileName), \(.durationSeconds) s"' <<<"$taken"
session=$(call --json "$(jq -c '{clipIds: [.id]}' <<<"$taken")" "$studio/api/sessions" | jq -r .id)
asked=$(call --json "$(jq -nc --arg task "$task" '{$task}')" "$studio/api/sessions/$session/questions") || refuse "$asked"
answer=$(jq -r .id <<<"$asked")
echo "answer $answer"

# Server-sent events to the end of the answer; those named token bring its text.
call -N "$studio/api/answers/$answer/stream" |
  jq -Rj --unbuffered 'select(startswith("data: ")) | .[6:] | fromjson | select(.kind == "token") | .text'
echo

# What was read from the text, in seconds of the clip.
call "$studio/api/answers/$answer" |
  jq -r '"status \(.status), \(.tokens | length) tokens", (.localization.events[] | "event \(.label), \(.modality), \(.startSeconds) to \(.endSeconds) s")'

# What the routers said: steps is [token][linear][expert]; here the mean over both.
call "$studio/api/answers/$answer/routes" |
  jq -r '[.steps[][]] | transpose | map(add / length) | to_entries | map("\("ABCDEFGHIJ"[.key:.key + 1]) \(.value * 100 | round)%") | "routing \(join(", "))"'
