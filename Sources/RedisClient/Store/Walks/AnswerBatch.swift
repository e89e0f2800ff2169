// The answers to commands that were sent together; the router's event loop only.

/// Where a command of a batch goes.
enum BatchTarget: Sendable {
    case shard(RedisShardID)
    case partition(Int)
}

/// Gathers answers until all are there.
final class AnswerBatch {
    private var answers: [RESPValue]
    private var failure: RedisError?
    private var left: Int
    private let completion: (Result<[RESPValue], RedisError>) -> Void

    init(count: Int, _ completion: @escaping (Result<[RESPValue], RedisError>) -> Void) {
        answers = Array(repeating: .null, count: count)
        left = count
        self.completion = completion
    }

    func take(_ result: Result<RESPValue, RedisError>, at index: Int) {
        switch result {
        case .success(let answer): answers[index] = answer
        case .failure(let error): failure = failure ?? error
        }
        left -= 1
        if left == 0 { completion(failure.map { .failure($0) } ?? .success(answers)) }
    }
}
