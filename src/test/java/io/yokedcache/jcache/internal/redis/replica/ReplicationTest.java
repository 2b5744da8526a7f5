package io.yokedcache.jcache.internal.redis.replica;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.settings.Settings.Address;
import org.junit.jupiter.api.Test;

final class ReplicationTest {

  @Test
  void parse_master() {
    String info =
        """
        # Replication
        role:master
        connected_slaves:2
        slave0:ip=10.0.0.1,port=6380,state=online,offset=14,lag=0
        slave1:ip=fe80::1,port=6381,state=wait_bgsave,offset=0,lag=0
        master_replid:8c1e
        master_replid2:0000
        master_repl_offset:14
        """
            .replace("\n", "\r\n");

    Replication parsed = Replication.parse(info);

    assertThat(parsed.isMaster()).isTrue();
    assertThat(parsed.history()).isEqualTo("8c1e");
    assertThat(parsed.offset()).isEqualTo(14);
    assertThat(parsed.replicas()).containsExactly(new Address("10.0.0.1", 6380));
  }

  @Test
  void parse_replica() {
    String info =
        """
        role:slave
        master_host:10.0.0.1
        master_link_status:up
        master_sync_in_progress:0
        slave_repl_offset:9
        master_replid:8c1e
        master_repl_offset:12
        """;

    Replication parsed = Replication.parse(info);

    assertThat(parsed.isMaster()).isFalse();
    assertThat(parsed.isLinked()).isTrue();
    assertThat(parsed.offset()).as("what is applied").isEqualTo(9);
    assertThat(Replication.parse(info.replace("status:up", "status:down")).isLinked()).isFalse();
    assertThat(Replication.parse(info.replace("progress:0", "progress:1")).isLinked()).isFalse();
  }

  @Test
  void parse_otherForms() {
    assertThat(Replication.parse("")).isEqualTo(Replication.UNKNOWN);
    assertThat(Replication.parse("role:master\nmaster_repl_offset:many\n"))
        .isEqualTo(Replication.UNKNOWN);
    assertThat(Replication.parse("role:slave\n").offset()).isEqualTo(-1);
  }
}
