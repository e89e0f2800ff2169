// The callbacks of a kind of session; made once for the process, any thread.

import CNghttp2

/// nghttp2's callbacks, made once for the process and never changed.
struct CallbackTable: @unchecked Sendable {  // nghttp2 copies it into each session
    let pointer: OpaquePointer

    init(_ fill: (OpaquePointer) -> Void) {
        var table: OpaquePointer?
        guard nghttp2_session_callbacks_new(&table) == 0, let table else {
            preconditionFailure("nghttp2 callbacks: out of memory")
        }
        fill(table)
        pointer = table
    }
}
