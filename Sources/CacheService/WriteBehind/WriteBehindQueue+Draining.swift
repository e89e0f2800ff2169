// The end of the queue: everything is sent, or told; any task.

package import NIOCore

extension WriteBehindQueue {
    /// Takes no more writes and sends what is pending, for as long as the deadline allows.
    ///
    /// - Returns: How many writes are left; they will be lost with the process.
    package func drain(deadline: NIODeadline) async -> Int {
        await withCheckedContinuation { continuation in
            let (workers, isEmpty) = locked { state in
                state.drainers.append { continuation.resume() }
                return (state.machine.drain(), state.machine.count == 0)
            }
            workers.forEach(wake)
            if isEmpty { return endDrain() }
            loops[0].scheduleTask(deadline: deadline) { self.endDrain() }
        }
        return locked { $0.machine.count }
    }

    private func endDrain() {
        let drainers = locked { state in
            state.machine.close()
            return state.takeDrainers()
        }
        for resume in drainers { resume() }
    }
}
