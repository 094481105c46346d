#!/usr/bin/env python3
"""Asks the studio about a clip, with the standard library alone:  ask.py CLIP [TASK]

CRAB_STUDIO is its address, CRAB_ACCESS_KEY its key if it has one.
"""
import json
import os
import sys
import uuid
from urllib.error import HTTPError
from urllib.request import Request, urlopen

STUDIO = os.environ.get("CRAB_STUDIO", "http://127.0.0.1:5187")
KEY = os.environ.get("CRAB_ACCESS_KEY")


def call(path, body=None, kind="application/json"):
    """Opens an address of the studio: without a body GET, with one POST."""
    headers = {"Authorization": f"Bearer {KEY}"} if KEY else {}
    if body is not None:
        headers["Content-Type"] = kind
    return urlopen(Request(STUDIO + path, body, headers))


def read(path, value=None):
    with call(path, None if value is None else json.dumps(value).encode()) as response:
        return json.load(response)


def upload(path):
    """The clip goes up as a multipart form with the file in the field “file”."""
    edge, name = uuid.uuid4().hex, os.path.basename(path).replace('"', "'")
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    with open(path, "rb") as clip:
        body = head.encode() + clip.read() + f"\r\n--{edge}--\r\n".encode()
    with call("/api/clips", body, f"multipart/form-data; boundary={edge}") as response:
        return json.load(response)


def main(path, task="ave"):
    clip = upload(path)
    print(f"clip {clip['fileName']}, {clip['durationSeconds']} s")

    # A session is about one clip or several; the answer grows by itself.
    session = read("/api/sessions", {"clipIds": [clip["id"]]})["id"]
    answer = read(f"/api/sessions/{session}/questions", {"task": task})["id"]
    print(f"answer {answer}", flush=True)

    # Server-sent events to the end of the answer; those named token bring its text.
    with call(f"/api/answers/{answer}/stream") as stream:
        for line in stream:
            if line.startswith(b"data: "):
                message = json.loads(line[6:])
                if message["kind"] == "token":
                    print(message["text"], end="", flush=True)
    print()

    # What was read from the text, in seconds of the clip.
    stored = read(f"/api/answers/{answer}")
    print(f"status {stored['status']}, {len(stored['tokens'])} tokens")
    for event in stored["localization"]["events"]:
        print(f"event {event['label']}, {event['modality']}, {event['startSeconds']} to {event['endSeconds']} s")

    # What the routers said: steps is [token][linear][expert]; here the mean over both.
    gates = [gate for token in read(f"/api/answers/{answer}/routes")["steps"] for gate in token]
    shares = [sum(expert) / len(gates) for expert in zip(*gates)]
    print("routing " + ", ".join(f"{'ABCDEFGHIJ'[expert]} {100 * share:.0f}%" for expert, share in enumerate(shares)))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except HTTPError as refused:
        # A refusal is a JSON object whose “detail” is one plain line.
        sys.exit(json.load(refused)["detail"])
