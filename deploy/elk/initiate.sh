#!/bin/bash
# Makes what Elasticsearch needs for the logs: how long they are kept, their fields, and who may write
# and read them; run each time, it mends what is missing. Passwords stand in no list of processes.
set -euo pipefail
: "${ELASTIC_PASSWORD:?}" "${KIBANA_PASSWORD:?}" "${FILEBEAT_PASSWORD:?}"
here=$(dirname "$0")
server=${ELASTICSEARCH_URL:-http://elasticsearch:9200}

# METHOD PATH, and a document on standard input.
tell() {
  echo "$1 $2"
  curl --silent --show-error --fail-with-body --output /dev/null \
    --config <(printf 'user = "elastic:%s"\n' "$ELASTIC_PASSWORD") \
    --request "$1" --header "Content-Type: application/json" --data-binary @- "$server/$2"
}

tell PUT _ilm/policy/hair-tryon-logs < "$here/ilm.json"
tell PUT _ingest/pipeline/hair-tryon-logs < "$here/pipeline.json"
tell PUT _index_template/hair-tryon-logs < "$here/template.json"
tell PUT _security/role/hair-tryon-shipper << 'END'
{"cluster": ["monitor"], "indices": [{"names": ["logs-hair_tryon-*"], "privileges": ["auto_configure", "create_doc"]}]}
END
tell PUT _security/user/hair-tryon-shipper << END
{"password": "$FILEBEAT_PASSWORD", "roles": ["hair-tryon-shipper"]}
END
tell POST _security/user/kibana_system/_password << END
{"password": "$KIBANA_PASSWORD"}
END
