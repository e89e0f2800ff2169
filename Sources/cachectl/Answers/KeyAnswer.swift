// What `keys` answers: keys one by one, or how many they are; values.

import Console

/// One key.
struct KeyAnswer: Answer, Equatable {
    var key: String

    var text: String { PlainText.line(key) }
}

/// How many keys there are.
struct CountAnswer: Answer, Equatable {
    var count: Int

    var text: String { String(count) }
}
