#include "store/queue_places.h"

#include <soci/soci.h>

#include "store/columns.h"
#include "store/database.h"

namespace ringwall::store {

Result<> QueuePlaces::put(const QueuePlace& place) {
  return database_.run("saving a place in a queue", [&](soci::session& sql) {
    const long long enqueued = to_column(place.enqueued), sequence = static_cast<long long>(place.sequence);
    sql << "INSERT INTO queue_places (interaction, skill_group, enqueued, priority, sequence) "
           "VALUES (:interaction, :skill_group, :enqueued, :priority, :sequence) "
           "ON CONFLICT (interaction) DO UPDATE SET skill_group = excluded.skill_group, enqueued = excluded.enqueued, "
           "priority = excluded.priority, sequence = excluded.sequence",
        soci::use(place.interaction), soci::use(place.skill_group), soci::use(enqueued), soci::use(place.priority),
        soci::use(sequence);
  });
}

Result<> QueuePlaces::remove(std::string_view interaction) {
  return database_.run("giving up a place in a queue", [&](soci::session& sql) {
    const std::string id(interaction);
    sql << "DELETE FROM queue_places WHERE interaction = :interaction", soci::use(id);
  });
}

Result<> QueuePlaces::remove_all() {
  return database_.run("emptying the queues", [](soci::session& sql) { sql << "DELETE FROM queue_places"; });
}

Result<std::vector<QueuePlace>> QueuePlaces::all() {
  std::vector<QueuePlace> found;
  TRY_VOID(database_.run("reading the queues", [&](soci::session& sql) {
    found.clear();
    QueuePlace place;
    long long enqueued = 0, sequence = 0;
    soci::statement read = (sql.prepare << "SELECT interaction, skill_group, enqueued, priority, sequence "
                                           "FROM queue_places ORDER BY priority DESC, enqueued, sequence, interaction",
                            soci::into(place.interaction), soci::into(place.skill_group), soci::into(enqueued),
                            soci::into(place.priority), soci::into(sequence));
    read.execute();
    while (read.fetch()) {
      place.enqueued = from_column(enqueued);
      place.sequence = static_cast<std::uint64_t>(sequence);
      found.push_back(place);
    }
  }));
  return found;
}

}  // namespace ringwall::store
