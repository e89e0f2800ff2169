// How a connection keeps calls whose answers come later without a task; event loop only.

import NIOCore

/// When the first deadline of a connection's deferred calls passes.
struct DeadlineWatch {
    let moment: NIODeadline
    let timer: Scheduled<Void>
}

extension ServerConnectionHandler {
    /// Keeps a call for an answer that comes later.
    func deferReply(_ stream: Stream) -> DeferredReply {
        precondition(stream.pointee.deferredReply == nil, "a call is deferred once")
        let reply = stream.pointee.spareReply ?? DeferredReply()
        stream.pointee.spareReply = nil
        reply.begin(stream, of: self)
        stream.pointee.deferredReply = reply
        // One that has a call has a timer of its own.
        if let deadline = stream.pointee.deadline, stream.pointee.call == nil { watch(deadline) }
        return reply
    }

    /// The answer of a deferred call stands in its reply.
    func answerDeferred(_ stream: Stream) {
        answerReply(stream)
        scheduleFlush()
    }

    /// One timer for all: most calls are answered long before their deadlines.
    private func watch(_ deadline: NIODeadline) {
        if let watched = deadlineWatch {
            if watched.moment <= deadline { return }
            watched.timer.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let timer = loop.eventLoop.scheduleTask(deadline: deadline) {
            bound.value.endOverdueCalls()
        }
        deadlineWatch = DeadlineWatch(moment: deadline, timer: timer)
    }

    private func endOverdueCalls() {
        deadlineWatch = nil
        let now = loop.eventLoop.now
        var earliest: NIODeadline?
        var stream = recorder.pointee.open
        while let current = stream {
            stream = current.pointee.next
            guard current.pointee.deferredReply != nil, current.pointee.isAnswerable,
                current.pointee.call == nil, let deadline = current.pointee.deadline
            else { continue }
            if deadline <= now {
                finish(current, ServerCall.deadlinePassedStatus, trailers: Metadata())
            } else {
                earliest = min(earliest ?? deadline, deadline)
            }
        }
        if let earliest { watch(earliest) }
    }
}
