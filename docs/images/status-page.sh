#!/bin/sh
# Takes status-page.png, the README's picture, of StatusPageDemo in a headless Chromium. That is looked
# for on the PATH, as the tests do it, or given: status-page.sh -Dpeers.chromium=<file>
set -e
cd "$(dirname "$0")/../.."
exec mvn -q -B -ntp -pl jmx-bridge -am -Ppicture "$@" test-compile
