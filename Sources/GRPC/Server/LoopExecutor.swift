// Runs tasks on an event loop, so that a call lives and dies on the loop that read it.

package import NIOCore

/// A task executor over one event loop: a task with this preference runs nowhere else.
package final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// An executor over that loop.
    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Runs a piece of a task on the loop; the runtime calls it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
