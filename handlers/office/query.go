package office

import "tillit/store"

// QueueQuery narrows a queue; a store takes it as it came from the desk.
type QueueQuery = store.QueueQuery
